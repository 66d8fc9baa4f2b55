// A real `plenum serve` on ports of its own, with a data directory of its own. A crash, a failed CHECK, a sanitizer
// report, a log line at level error or a worker left behind fails the test that used it.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually';
import { Journal } from './journal';
import { patience } from './patience';

export interface LogLine {
  level: string;
  process: string;
  message: string;
  [field: string]: string;
}

/** The parts of the API's room document that the tests read. */
export interface RoomDocument {
  access_key: string;
  ready: boolean;
  locked: boolean;
  room: { id: string; name: string; guest_token: string; shutdown: boolean };
  user: { id: string; name: string; guest: boolean };
  links: { self: string; gui: string; guest_join: string; websocket: string };
  options: Record<string, unknown>;
  presentation: unknown;
  signaling: { type: string; options: Record<'client_id' | 'conf_id' | 'auth_token' | 'endpoint', string> };
}

export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

export interface RoomWish {
  id?: string;
  name?: string;
  user: { id?: string; name: string };
  options?: Record<string, unknown>;
}

export interface PlenumOptions {
  /** Added to the command line. */
  flags?: string[];
  /** Where it listens and what it tells clients; an address of this machine. */
  address?: string;
}

const binaries = resolve(process.env.PLENUM_BIN ?? join(__dirname, '../../build/dev/src/apps'));
export const plenumProgram = join(binaries, 'plenum/plenum');

// Its own variables would configure it, and unknown ones are errors.
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const out = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PLENUM_')));
  return {
    ...out,
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    LSAN_OPTIONS: 'print_suppressions=0'
  };
}

export class Plenum {
  readonly log = new Journal<LogLine>('plenum');
  /** Lines on standard error that are no log lines: sanitizer reports, assertions, libraries. */
  readonly strays: string[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'plenum-'));
  readonly apiKey: string;
  readonly address: string;
  private readonly environment = cleanEnvironment();
  private child: ChildProcess | undefined;
  private ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }> | undefined;
  private ports = { http: 0, admin: 0, media: 0 };
  private readonly expected: RegExp[] = [];

  constructor(private readonly options: PlenumOptions = {}) {
    this.address = options.address ?? '127.0.0.1';
    this.apiKey = execFileSync(plenumProgram, ['key', 'create', '--data-directory', this.directory], {
      env: this.environment,
      encoding: 'utf8'
    }).trim();
  }

  get url(): string {
    return `http://${this.address}:${this.ports.http}`;
  }
  get httpPort(): number {
    return this.ports.http;
  }
  get mediaPort(): number {
    return this.ports.media;
  }

  /** A second start takes the ports of the first, as after a restart in real life. */
  async start(extra: string[] = []): Promise<void> {
    const { http, admin, media } = this.ports;
    const flags = [
      ...['serve', '--data-directory', this.directory, '--log-format', 'json'],
      ...['--http-address', this.address, '--http-port', String(http)],
      ...['--admin-port', String(admin), '--media-port', String(media), '--media-announce', this.address],
      ...(process.env.E2E_UNCONFINED ? ['--media-sandbox', 'false'] : []),
      ...(this.options.flags ?? []),
      ...extra
    ];
    const after = this.log.mark();
    // With cores allowed, for control; confined workers leave none, and control says how each of them ended.
    const child = spawn('bash', ['-c', 'ulimit -c unlimited; exec "$0" "$@"', plenumProgram, ...flags], {
      cwd: this.directory,
      env: this.environment,
      stdio: ['ignore', 'ignore', 'pipe']
    });
    this.child = child;
    this.ended = new Promise(done => child.once('exit', (code, signal) => done({ code, signal })));
    createInterface({ input: child.stderr! }).on('line', line => this.read(line));
    const died = this.ended.then(({ code, signal }) => {
      throw new Error(`plenum ended at the start (${code ?? signal})\n${this.strays.join('\n')}`);
    });
    const serving = await Promise.race([
      this.log.until('serving', line => line.message === 'serving', { after }),
      died
    ]);
    died.catch(() => undefined);
    this.ports = { http: Number(serving.http), admin: Number(serving.admin), media: Number(serving.media) };
  }

  /** Log lines that this test provokes. */
  expectTrouble(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  /** Asks for a graceful end and waits for it. `leaves` workers may stay (--keep-media). */
  async stop({ leavesWorkers = false } = {}): Promise<void> {
    const child = this.child;
    if (!child || !this.ended) return;
    this.child = undefined;
    const workers = this.workers(child);
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 15_000 * patience);
    const { code, signal } = await this.ended;
    clearTimeout(kill);
    if (code !== 0)
      throw new Error(`plenum ended with ${code ?? signal}\n${this.strays.slice(-80).join('\n')}`);
    if (leavesWorkers) return;
    await eventually(
      'the media workers end with it',
      () => workers.every(worker => !running(worker)),
      5000 * patience
    );
  }

  /** As a crash or the kernel would: nothing is said to anybody, and the workers are left alone. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || !this.ended) return;
    this.child = undefined;
    child.kill('SIGKILL');
    await this.ended;
  }

  /** What went wrong on the server's side, in words; empty when nothing did. */
  problems(): string[] {
    const errors = this.log
      .filter(line => line.level === 'error')
      .map(line => JSON.stringify(line))
      .filter(line => !this.expected.some(pattern => pattern.test(line)));
    return [...errors, ...this.strays, ...this.cores()];
  }

  removeFiles(): void {
    if (process.env.E2E_KEEP) return console.log(`kept: ${this.directory}`);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Process ids: control first, then the media workers. */
  processes(): number[] {
    return this.child?.pid ? [this.child.pid, ...this.workers(this.child)] : [];
  }

  /** Process id of the media worker that has the room now. */
  workerOf(room: string): number {
    const line = this.log.last(line => line.message === 'room has a worker' && (!room || line.room === room));
    if (!line) throw new Error(`room ${room} never had a worker`);
    return Number(readFileSync(join(this.directory, 'run', `w-${line.worker}.pid`), 'utf8'));
  }

  async rest<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {}
  ): Promise<Answer<T>> {
    const form = body instanceof URLSearchParams;
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined || form ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) })
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text ? JSON.parse(text) : undefined) as T
    };
  }

  /** Opens the room, or adds a user to it when it is open. */
  async enter(wish: RoomWish): Promise<RoomDocument> {
    const answer = await this.rest<RoomDocument>('POST', '/rooms', wish, { Authorization: this.apiKey });
    if (answer.status !== 201)
      throw new Error(`POST /rooms: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.ports.admin}/metrics`)).text();
  }

  /** One line of /metrics, 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const line = (await this.metrics()).split('\n').find(line => line.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  }

  private cores(): string[] {
    const programs = [join(binaries, 'plenum_media/plenum-media'), plenumProgram];
    return readdirSync(this.directory)
      .filter(name => /^core(\.\d+)?$/.test(name))
      .map(
        name =>
          programs.map(program => stackOf(program, join(this.directory, name))).find(Boolean) ??
          `${name}: a crash`
      );
  }

  private workers(of: ChildProcess): number[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && parent(name) === of.pid)
      .map(Number);
  }

  private read(line: string): void {
    try {
      this.log.add(JSON.parse(line) as LogLine);
    } catch {
      if (!/^==\d+==WARNING: .*symbolizer/.test(line)) this.strays.push(line);
    }
  }
}

/** Undefined when the core is another program's, or nobody here can read it. */
function stackOf(program: string, core: string): string | undefined {
  const { stdout } = spawnSync('gdb', ['-batch', '-ex', 'bt 16', program, core], { encoding: 'utf8' });
  if (!stdout || !stdout.includes(`generated by \`${program}`)) return undefined;
  return stdout
    .split('\n')
    .filter(line => /^#|^Program terminated/.test(line))
    .join('\n');
}

function parent(process: string): number | undefined {
  return Number(stat(process)?.[1]);
}

/** A dead child that nobody has waited for yet does not run any more. */
export function running(process: number): boolean {
  const state = stat(String(process))?.[0];
  return state !== undefined && state !== 'Z';
}

/** The fields of /proc/PID/stat after the name of the program. */
export function stat(process: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
