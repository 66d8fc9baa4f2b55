// The devices of this computer, and which of them the person chose. The choice is kept under the keys
// that the eyeson library reads when it opens devices itself (localStorage, JSON values).
export type DeviceKind = 'audioinput' | 'videoinput' | 'audiooutput';

export interface Device {
  id: string;
  label: string;
}

export interface Devices {
  microphones: Device[];
  cameras: Device[];
  speakers: Device[];
}

export type DeviceProblem = '' | 'blocked' | 'missing' | 'busy';

export const noDevices: Devices = { microphones: [], cameras: [], speakers: [] };

const keys: Record<DeviceKind, string> = {
  audioinput: 'eyeson.audioId',
  videoinput: 'eyeson.videoId',
  audiooutput: 'eyeson.sinkId'
};

export function chosen(kind: DeviceKind): string {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keys[kind]) ?? '""');
    return typeof value === 'string' ? value : '';
  } catch {
    return ''; // storage blocked or foreign content: no choice
  }
}

export function choose(kind: DeviceKind, id: string): void {
  try {
    if (id) localStorage.setItem(keys[kind], JSON.stringify(id));
    else localStorage.removeItem(keys[kind]);
  } catch {
    // storage blocked: the choice lasts as long as the page
  }
}

export async function listDevices(): Promise<Devices> {
  if (!navigator.mediaDevices) return noDevices;
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const of = (kind: DeviceKind, word: string): Device[] =>
    all
      .filter(d => d.kind === kind && d.deviceId !== '')
      .map((d, i) => ({ id: d.deviceId, label: d.label || `${word} ${i + 1}` }));
  return {
    microphones: of('audioinput', 'Microphone'),
    cameras: of('videoinput', 'Camera'),
    speakers: of('audiooutput', 'Speaker')
  };
}

export function problemOfDeviceError(error: unknown): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (/NotAllowed|Permission|Security/.test(name)) return 'blocked';
  if (/NotFound|Overconstrained/.test(name)) return 'missing';
  return 'busy';
}

/** true when asking again cannot succeed without the site settings. */
export async function isBlocked(kind: 'camera' | 'microphone'): Promise<boolean> {
  try {
    const status = await navigator.permissions.query({ name: kind as PermissionName });
    return status.state === 'denied';
  } catch {
    return false; // not every browser knows these permissions
  }
}

export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}

/** Plays the meeting on the chosen speaker, where the browser can. */
export function applySpeaker(element: HTMLMediaElement): void {
  const id = chosen('audiooutput');
  if (id && typeof element.setSinkId === 'function')
    element.setSinkId(id).catch(() => choose('audiooutput', ''));
}
