// A Node program of control/clients/: a real client in a process of its own, which says what it sees in lines of JSON.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Json } from './cable';
import { Journal } from './journal';

export class Program {
  readonly said: Journal<Json>;
  private readonly ended: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    name: string
  ) {
    this.said = new Journal<Json>(name);
    createInterface({ input: child.stdout! }).on('line', line => this.said.add(JSON.parse(line) as Json));
    this.ended = new Promise(done => child.once('exit', code => done(code)));
  }

  static run(name: string, ...args: (string | object)[]): Program {
    const words = args.map(arg => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
    const child = spawn(process.execPath, [join(__dirname, '../control/clients', `${name}.mjs`), ...words], {
      stdio: ['pipe', 'pipe', 'inherit']
    });
    return new Program(child, name);
  }

  tell(line: string | object): void {
    this.child.stdin!.write((typeof line === 'string' ? line : JSON.stringify(line)) + '\n');
  }

  /** For programs that answer every line with one line. */
  async ask(line: string | object): Promise<Json> {
    const after = this.said.mark();
    this.tell(line);
    return this.said.until('an answer', () => true, { after });
  }

  /** The first message of an observer that matches. */
  message(type: string, match: (message: Json) => boolean = () => true, after = 0): Promise<Json> {
    return this.said
      .until(type, line => line.message?.type === type && match(line.message as Json), { after })
      .then(line => line.message as Json);
  }

  /** Its exit status. */
  async end(): Promise<number | null> {
    this.child.stdin!.end();
    return this.ended;
  }
}
