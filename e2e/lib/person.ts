// Somebody in a browser of their own: the bare conformance page with the unmodified library, or the meeting page.
import type { Browser, BrowserContext, Page, WebSocket } from '@playwright/test';
import type { Area, JoinOptions, Patch, Pulse, Stats } from '../page/probe';
import type { Json } from './cable';
import { eventually } from './eventually';
import { Journal } from './journal';
import { type Look, type Rgb, looks } from './media';

export interface Spoken {
  way: 'in' | 'out';
  frame: Json;
}
export interface Told {
  way: 'in' | 'out' | 'open';
  text: string;
}

const devices = { audio: true, video: true };
/** Largest difference of a colour channel after two lossy codecs. */
const tolerance = 32;

export class Person {
  /** Events of the library, and probe_… ones of the page. */
  readonly events: Journal<Json>;
  readonly sepp: Journal<Spoken>;
  readonly cable: Journal<Spoken>;
  readonly data: Journal<Told>;
  /** Uncaught exceptions in the page: the library throws them when the server makes a mistake. */
  readonly problems: string[] = [];
  client = '';

  private constructor(
    readonly look: Look,
    readonly context: BrowserContext,
    readonly page: Page
  ) {
    this.events = new Journal<Json>(`${look.name}'s library`);
    this.sepp = new Journal<Spoken>(`${look.name}'s signaling`);
    this.cable = new Journal<Spoken>(`${look.name}'s room websocket`);
    this.data = new Journal<Told>(`${look.name}'s data channel`);
  }

  static async open(browser: Browser, look: Look): Promise<Person> {
    const context = await browser.newContext({ permissions: ['camera', 'microphone', 'clipboard-write'] });
    const person = new Person(look, context, await context.newPage());
    await person.tap();
    return person;
  }

  private async tap(): Promise<void> {
    const { page } = this;
    page.on('pageerror', error => this.problems.push(`${this.look.name}: ${error.message}`));
    page.on('console', message => {
      if (/Content Security Policy/i.test(message.text()))
        this.problems.push(`${this.look.name}: ${message.text()}`);
    });
    page.on('websocket', socket => this.overhear(socket));
    await page.exposeBinding('note', (_, kind: string, entry: Json) =>
      kind === 'event' ? this.events.add(entry) : this.data.add(entry as Told)
    );
  }

  private overhear(socket: WebSocket): void {
    const journal = new URL(socket.url()).pathname === '/call' ? this.sepp : this.cable;
    const note = (way: 'in' | 'out') => (message: { payload: string | Buffer }) =>
      journal.add({ way, frame: JSON.parse(String(message.payload)) as Json });
    socket.on('framereceived', note('in'));
    socket.on('framesent', note('out'));
  }

  /** Joins on the bare page; resolves at `accept` unless `wait` is false. */
  async join(
    api: string,
    key: string,
    options: JoinOptions & { tcpOnly?: boolean; videoCodec?: string; wait?: boolean } = devices
  ): Promise<void> {
    const { tcpOnly = false, videoCodec = '', wait = true, ...join } = options;
    const after = this.events.mark();
    await this.page.evaluate(
      ([a, k, o, tcp, codec]) => {
        window.probe.state.tcpOnly = tcp;
        window.probe.state.videoCodec = codec;
        window.probe.start(a, k, o);
      },
      [api, key, join, tcpOnly, videoCodec] as const
    );
    if (wait) await this.event('accept', undefined, after);
  }

  send(action: { type: string; [field: string]: unknown }): Promise<void> {
    return this.page.evaluate(a => window.probe.send(a), action);
  }

  async leave(): Promise<void> {
    const after = this.sepp.mark();
    await this.page.evaluate(() => window.probe.client.destroy());
    await this.sent('call_terminate', () => true, after);
  }

  event(
    type: string,
    match: (event: Json) => boolean = () => true,
    after = 0,
    timeout?: number
  ): Promise<Json> {
    return this.events.until(type, event => event.type === type && match(event), {
      after,
      ...(timeout === undefined ? {} : { timeout })
    });
  }

  received(type: string, match: (data: Json) => boolean = () => true, after = 0): Promise<Json> {
    return this.sepp
      .until(`< ${type}`, s => s.way === 'in' && s.frame.type === type && match(s.frame.data as Json), {
        after
      })
      .then(s => s.frame.data as Json);
  }

  sent(type: string, match: (data: Json) => boolean = () => true, after = 0): Promise<Json> {
    return this.sepp
      .until(`> ${type}`, s => s.way === 'out' && s.frame.type === type && match(s.frame.data as Json), {
        after
      })
      .then(s => s.frame.data as Json);
  }

  /** The newest source_update: where everybody is in the picture. */
  sources(): Json | undefined {
    return this.sepp.last(s => s.way === 'in' && s.frame.type === 'source_update')?.frame.data as
      Json | undefined;
  }

  patches(areas: Area[]): Promise<Patch[] | null> {
    return this.page.evaluate(a => window.probe.patches(a), areas);
  }

  stats(): Promise<Stats> {
    return this.page.evaluate(() => window.probe.stats());
  }

  startPulse(): Promise<void> {
    return this.page.evaluate(() => window.pulse.start());
  }
  pulse(since: number): Promise<Pulse> {
    return this.page.evaluate(time => window.pulse.since(time), since);
  }

  /** dBFS at these frequencies in what arrives. */
  levels(tones: number[]): Promise<number[]> {
    return this.page.evaluate(t => window.probe.levels(t), tones);
  }

  async sees(colour: Rgb, areas: Area[], what: string): Promise<void> {
    let last: Patch[] | null = null;
    const check = async () => {
      last = await this.patches(areas);
      return !!last && last.every(patch => near(patch.mean, colour));
    };
    await eventually(`${this.look.name} sees ${what}`, check).catch(error => {
      throw new Error(`${String(error)}\nwanted ${colour.join(' ')}, saw ${JSON.stringify(last)}`);
    });
  }

  /** The picture goes on: more frames are decoded than before. */
  async keepsReceiving(): Promise<void> {
    const frames = async () => (await this.stats()).videoIn.framesDecoded ?? 0;
    const packets = async () => (await this.stats()).audioIn.packetsReceived ?? 0;
    const [seen, heard] = [await frames(), await packets()];
    await eventually(`${this.look.name} gets more picture`, async () => (await frames()) > seen + 10);
    await eventually(`${this.look.name} gets more sound`, async () => (await packets()) > heard + 25);
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

export function near(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => Math.abs(value - (b[i] ?? 0)) <= tolerance);
}

/** Three places of a tile that neither the marker nor the label covers. */
export function plainPlaces({ x, y, w, h }: Area): Area[] {
  return [
    [0.5, 0.5],
    [0.2, 0.65],
    [0.8, 0.65]
  ].map(([left, top]) => ({ x: x + left! * w - 4, y: y + top! * h - 4, w: 8, h: 8 }));
}

export const toneOf = (name: string): number => Object.values(looks).find(look => look.name === name)!.tone;
