// One call through the unmodified eyeson library. A session is used once; a new join makes a new one,
// because the library's own client object keeps state from an earlier call.
import type { ConferenceSession, Eyeson, EyesonEvent } from 'eyeson';

export interface Media {
  mic: boolean;
  camera: boolean;
  listenOnly: boolean;
}

export type Access = { accessKey: string } | { permalink: string };

export class Session {
  private open = true;
  private accepted = false;
  private mic: boolean;
  private screen: MediaStream | null = null;

  constructor(
    private readonly client: Eyeson,
    private readonly onEvent: (event: EyesonEvent) => void,
    private readonly media: Media
  ) {
    this.mic = media.mic;
    client.onEvent(event => this.receive(event));
  }

  start(access: Access): void {
    if ('accessKey' in access) this.client.connect(access.accessKey);
    else this.client.connectPermalink(access.permalink);
  }

  /** The library would open all devices anew for a muted microphone; switching the track is immediate and enough. */
  setMic(on: boolean): void {
    this.mic = on;
    this.localStream?.getAudioTracks().forEach(track => (track.enabled = on));
  }

  setCamera(on: boolean): void {
    this.send({ type: 'change_stream', audio: this.mic, video: on });
  }

  /** Opens the chosen devices anew: after a device change, after a screen share, after joining to listen. */
  openDevices(mic: boolean, camera: boolean): void {
    this.mic = mic;
    this.send({ type: 'start_stream', audio: mic, video: camera });
  }

  /** screen: picked by the page itself, so that a cancelled picker never reaches the library. */
  share(screen: MediaStream): void {
    this.screen = screen;
    this.send({ type: 'start_screen_capture', audio: this.mic, screen: true, screenStream: screen });
  }

  stopShare(): void {
    this.send({ type: 'stop_presenting' });
  }

  chat(content: string): void {
    this.send({ type: 'send_chat', content });
  }

  lock(): void {
    this.send({ type: 'lock_meeting' });
  }

  endMeeting(): void {
    this.send({ type: 'terminate_meeting' });
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    const { session } = this.client;
    const streams = [this.localStream, this.screen];
    this.client.destroy();
    streams.forEach(stop);
    if (!this.accepted) this.catchLateArrivals(session);
  }

  private get localStream(): MediaStream | null {
    return this.client.session?.localStream ?? null;
  }

  private receive(event: EyesonEvent): void {
    if (!this.open) return; // answers to user look-ups may arrive after the end
    if (event.type === 'connection' && event['connectionStatus'] === 'ready') this.join();
    if (event.type === 'accept') this.accepted = true;
    if (event.type === 'accept' || event.type === 'stream_update') this.setMic(this.mic);
    if (event.type === 'presentation_ended') this.dropScreen();
    this.onEvent(event);
  }

  private join(): void {
    const { mic, camera, listenOnly } = this.media;
    this.client.join(
      listenOnly ? { audio: false, video: false, stream: blankStream() } : { audio: mic, video: camera }
    );
  }

  private dropScreen(): void {
    stop(this.screen);
    this.screen = null;
  }

  private send(message: EyesonEvent): void {
    if (this.open && this.client.session) this.client.send(message);
  }

  /**
   * destroy() cannot recall what the library has already asked for: the room document (it would then open the room
   * websocket) and the devices (the camera would stay on). Both are caught here when they come.
   */
  private catchLateArrivals(session: ConferenceSession | undefined): void {
    this.client.onEvent(event => {
      if (event.type === 'connection') setTimeout(() => this.client.destroy(), 0);
    });
    if (!session) return;
    session.connection = {
      close: () => undefined,
      startSession: ({ stream }: { stream?: MediaStream }) => {
        stop(stream ?? null);
        throw new Error('The call was left before it began');
      }
    };
  }
}

function stop(stream: MediaStream | null): void {
  stream?.getTracks().forEach(track => track.stop());
}

/** Stands in for devices: a black picture that is switched off. */
function blankStream(): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.width = 16;
  canvas.height = 12;
  canvas.getContext('2d')?.fillRect(0, 0, 16, 12);
  const stream = canvas.captureStream(0);
  stream.getVideoTracks().forEach(track => (track.enabled = false));
  return stream;
}

/** Asks for a guest user; resolves with the access key, or with why there is none. */
export function requestGuest(client: Eyeson, api: string, token: string, name: string): Promise<GuestAnswer> {
  return new Promise(resolve => {
    const listen = (event: EyesonEvent) => {
      if (event.type !== 'guest_user' && event.type !== 'error') return;
      client.offEvent(listen);
      if (event.type === 'guest_user' && typeof event['token'] === 'string') resolve({ key: event['token'] });
      else resolve({ locked: event['locked'] === true });
    };
    client.onEvent(listen);
    client.send({
      type: 'request_guest_user',
      api,
      token,
      name,
      email: '',
      locale: document.documentElement.lang || 'en'
    });
  });
}

export type GuestAnswer = { key: string } | { locked: boolean };

/** Is there a real, running camera in the stream? (The library fills in an empty canvas when there is none.) */
export function hasCamera(stream: MediaStream | null | undefined): boolean {
  return !!stream?.getVideoTracks().some(track => {
    const canvas = (track as MediaStreamTrack & { canvas?: HTMLCanvasElement }).canvas;
    return track.enabled && track.readyState === 'live' && canvas?.id !== 'eyeson-ninja-stream';
  });
}

export function hasMicrophone(stream: MediaStream | null | undefined): boolean {
  return !!stream?.getAudioTracks().some(track => track.readyState === 'live');
}
