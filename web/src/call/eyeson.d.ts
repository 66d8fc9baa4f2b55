// The part of the npm package eyeson 1.9.6 that this page uses (its own declarations type everything as any).
export interface EyesonEvent {
  type: string;
  [field: string]: unknown;
}

export interface JoinOptions {
  audio: boolean;
  video: boolean;
  /** When given, the library sends exactly this stream and leaves devices alone. */
  stream?: MediaStream;
}

export interface ConferenceSession {
  readonly localStream: MediaStream | null;
  connection: unknown;
}

export interface Eyeson {
  readonly config: { api: string; verbose: boolean };
  readonly session?: ConferenceSession;
  onEvent(listener: (event: EyesonEvent) => void): void;
  offEvent(listener?: (event: EyesonEvent) => void): void;
  start(accessKey: string, options: JoinOptions): void;
  connect(accessKey: string): void;
  connectPermalink(userToken: string): void;
  join(options: JoinOptions): void;
  send(message: EyesonEvent): void;
  destroy(): void;
  createInstance(): Eyeson;
}

declare const eyeson: Eyeson;
export default eyeson;
