// Camera and microphone before the call: opens them, survives every refusal, and says what is missing.
import {
  chosen,
  listDevices,
  noDevices,
  problemOfDeviceError,
  type DeviceProblem,
  type Devices
} from './devices';

export interface PreviewState {
  stream: MediaStream | null;
  devices: Devices;
  micProblem: DeviceProblem;
  cameraProblem: DeviceProblem;
  /** The browser may be asking for permission right now. */
  asking: boolean;
}

export const emptyPreview: PreviewState = {
  stream: null,
  devices: noDevices,
  micProblem: '',
  cameraProblem: '',
  asking: true
};

export class Preview {
  private state = emptyPreview;
  private turn = 0;
  private readonly refresh = () => void this.refreshDevices();

  constructor(private readonly onChange: (state: PreviewState) => void) {
    navigator.mediaDevices?.addEventListener('devicechange', this.refresh);
  }

  /** Opens what is wanted (the microphone always, for its level) and closes what was open before. */
  async open(camera: boolean): Promise<void> {
    const turn = ++this.turn;
    this.change({ asking: true });
    const devices = await listDevices();
    const found = navigator.mediaDevices
      ? await acquire(camera, devices)
      : ({ tracks: [], mic: 'missing', camera: 'missing' } as const);
    if (turn !== this.turn) {
      found.tracks.forEach(track => track.stop()); // overtaken by a later wish, or closed
      return;
    }
    this.stopTracks();
    this.change({
      stream: found.tracks.length > 0 ? new MediaStream([...found.tracks]) : null,
      micProblem: found.mic,
      cameraProblem: camera ? found.camera : '',
      asking: false
    });
    await this.refreshDevices(); // labels appear only after permission
  }

  close(): void {
    this.turn++;
    navigator.mediaDevices?.removeEventListener('devicechange', this.refresh);
    this.stopTracks();
  }

  private async refreshDevices(): Promise<void> {
    const turn = this.turn;
    const devices = await listDevices();
    if (turn === this.turn) this.change({ devices });
  }

  private stopTracks(): void {
    this.state.stream?.getTracks().forEach(track => track.stop());
  }

  private change(part: Partial<PreviewState>): void {
    this.state = { ...this.state, ...part };
    this.onChange(this.state);
  }
}

interface Acquired {
  tracks: readonly MediaStreamTrack[];
  mic: DeviceProblem;
  camera: DeviceProblem;
}

const exact = (id: string, known: { id: string }[]): MediaTrackConstraints =>
  known.some(d => d.id === id) ? { deviceId: { exact: id } } : {};

async function acquire(camera: boolean, devices: Devices): Promise<Acquired> {
  const audio = exact(chosen('audioinput'), devices.microphones);
  const video = {
    width: { ideal: 1280 },
    height: { ideal: 960 },
    ...exact(chosen('videoinput'), devices.cameras)
  };
  const open = (constraints: MediaStreamConstraints) => navigator.mediaDevices.getUserMedia(constraints);
  try {
    // Together first: one question instead of two.
    const stream = await open(camera ? { audio, video } : { audio });
    return { tracks: stream.getTracks(), mic: '', camera: '' };
  } catch {
    const [mic, cam] = await Promise.allSettled([
      open({ audio }),
      camera ? open({ video }) : Promise.reject(new DOMException('', 'AbortError'))
    ]);
    const tracks = [mic, cam].flatMap(r => (r.status === 'fulfilled' ? r.value.getTracks() : []));
    return {
      tracks,
      mic: mic.status === 'fulfilled' ? '' : problemOfDeviceError(mic.reason),
      camera: cam.status === 'fulfilled' ? '' : problemOfDeviceError(cam.reason)
    };
  }
}
