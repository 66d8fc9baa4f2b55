// Somebody in Firefox: the bare conformance page behind a Lane, driven by firefox/driver.mjs.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Area, Patch, Pulse, Stats } from '../page/probe';
import type { Json } from './cable';
import { Journal } from './journal';
import type { Lane } from './lane';
import { patience } from './patience';

export class FirefoxPerson {
  readonly look = { name: 'Firefox' };
  readonly events = new Journal<Json>('Firefox');
  readonly data = new Journal<Json>("Firefox's data channel");
  private readonly answers = new Journal<Json>("Firefox's answers");
  private readonly home = mkdtempSync(join(tmpdir(), 'plenum-firefox-'));
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private calls = 0;

  private constructor(lane: Lane) {
    const [program, ...words] = lane.command(process.execPath, join(__dirname, '../firefox/driver.mjs'));
    this.child = spawn(program!, words, {
      env: { ...process.env, HOME: this.home },
      stdio: ['pipe', 'pipe', 'inherit']
    });
    this.ended = new Promise(done => this.child.once('exit', () => done()));
    createInterface({ input: this.child.stdout! }).on('line', line => {
      const message = JSON.parse(line) as Json;
      if (!message.note) this.answers.add(message);
      else if (message.note[0] === 'event') this.events.add(message.note[1] as Json);
      else this.data.add(message.note[1] as Json);
    });
  }

  static async open(lane: Lane): Promise<FirefoxPerson> {
    const person = new FirefoxPerson(lane);
    await person.answers.until('ready', message => message.ready === true, { timeout: 30_000 * patience });
    return person;
  }

  async join(api: string, key: string): Promise<void> {
    await this.call('start', api, key, { audio: true, video: true });
    await this.event('accept');
  }

  event(type: string, match: (event: Json) => boolean = () => true, after = 0): Promise<Json> {
    return this.events.until(type, event => event.type === type && match(event), { after });
  }

  send(action: Json): Promise<void> {
    return this.call('send', action);
  }
  patches(areas: Area[]): Promise<Patch[] | null> {
    return this.call('patches', areas);
  }
  stats(): Promise<Stats> {
    return this.call('stats');
  }

  startPulse(): Promise<void> {
    return this.call('pulse.start');
  }
  pulse(since: number): Promise<Pulse> {
    return this.call('pulse.since', since);
  }

  async close(): Promise<void> {
    this.child.stdin!.end();
    await this.ended;
    rmSync(this.home, { recursive: true, force: true });
  }

  private async call<T>(method: string, ...args: unknown[]): Promise<T> {
    const id = ++this.calls;
    this.child.stdin!.write(`${JSON.stringify({ id, method, args })}\n`);
    const answer = await this.answers.until(`answer of ${method}`, message => message.id === id);
    if (answer.error) throw new Error(`Firefox, ${method}: ${answer.error}`);
    return answer.value as T;
  }
}
