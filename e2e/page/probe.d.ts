// What page/*.js put into the window of the conformance page.
export interface Area {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Patch {
  mean: [number, number, number];
  contrast: number;
}
export interface Stats {
  videoIn: {
    framesDecoded?: number;
    framesPerSecond?: number;
    frameWidth?: number;
    frameHeight?: number;
    pliCount?: number;
  };
  audioIn: {
    audioLevel?: number;
    packetsReceived?: number;
    concealedSamples?: number;
    totalSamplesReceived?: number;
  };
  videoOut: { framesEncoded?: number; framesSent?: number; frameWidth?: number; packetsSent?: number };
  audioOut: { packetsSent?: number };
  codecIn?: string;
  codecOut?: string;
  protocol?: string;
  srtp?: string;
}
/** When pictures arrived, in ms since 1970, and how many packets of sound had arrived when. */
export interface Pulse {
  pictures: number[];
  sounds: { at: number; packets: number }[];
}
export interface JoinOptions {
  audio: boolean;
  video: boolean;
  eco?: boolean;
  sendOnly?: boolean;
  /** Sends the flash and beep of page/clip.js instead of the devices. */
  clip?: boolean;
}

declare global {
  interface Window {
    note(kind: 'event' | 'data', entry: unknown): Promise<void>;
    probe: {
      client: { destroy(): void };
      state: { remote: MediaStream | null; screen: MediaStream | null; tcpOnly: boolean; videoCodec: string };
      start(api: string, key: string, options: JoinOptions): void;
      guest(api: string, token: string, name: string): void;
      send(action: { type: string; [field: string]: unknown }): void;
      shareScreen(colour: string): void;
      patches(areas: Area[]): Patch[] | null;
      levels(tones: number[]): Promise<number[]>;
      stats(): Promise<Stats>;
    };
    pulse: {
      start(): void;
      since(time: number): Pulse;
    };
    clip: {
      /** The clip, made at the first call. */
      stream(): MediaStream;
      belief(): Promise<number | null>;
      /** Offsets picture − sound in ms of `count` flashes, in what is sent or received; positive: the picture is late. */
      watch(which: 'own' | 'remote', area: Area, count: number): Promise<number[]>;
    };
  }
}
