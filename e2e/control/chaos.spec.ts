// Many rooms, many events, a server that is killed again and again, observers that lose their connection every two
// seconds, a webhook receiver that fails in every way: nothing that was answered is missing, nothing is out of order,
// nothing comes twice. Short here; CHAOS=long is the whole: 50 rooms, 10,000 events, 20 kills.
import { readFileSync } from 'node:fs';
import { expect, eventually, test } from '../lib/fixtures';
import type { Json } from '../lib/cable';
import type { Plenum } from '../lib/plenum';
import { Program } from '../lib/program';
import { Receiver } from '../lib/receiver';

const long = process.env.CHAOS === 'long';
const rooms = Array.from({ length: long ? 50 : 8 }, (_, i) => `room-${i}`);
const eventsPerRoom = long ? 200 : 60;
const kills = long ? 20 : 4;

test.use({ serverOptions: { flags: ['--rooms-idle-seconds', '3600', ...Receiver.flags] } });

const sleep = (ms: number) => new Promise(done => setTimeout(done, ms));
const rss = (server: Plenum) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.processes()[0]}/status`, 'utf8'))![1]) / 1024;

/** One room: what was asked for, in order, and whether it was answered. */
class Room {
  readonly asked: { what: string; answered: boolean }[] = [];
  private key = '';

  constructor(
    private readonly server: Plenum,
    readonly id: string
  ) {}

  async open(): Promise<void> {
    const options = { lock_available: true, layout_available: true };
    this.key = (await this.server.enter({ id: this.id, user: { id: 'ann', name: 'Ann' }, options })).access_key;
  }

  /** Resolves when the request is answered or lost. */
  async next(): Promise<void> {
    const number = this.asked.length;
    if (number === 20) return this.ask('lock', 'POST', `/rooms/${this.key}/lock`);
    if (number % 10 === 5) {
      // Always a change, whether or not an earlier one arrived that was never answered.
      const exit_url = `https://example.com/${number}`;
      const user = { id: 'ann', name: 'Ann' };
      await this.ask(`exit_url ${exit_url}`, 'POST', '/rooms', { id: this.id, user, options: { exit_url } });
    } else if (number % 10 === 7 && number < 20) {
      await this.ask('', 'POST', '/rooms', { id: this.id, user: { id: `u${number}`, name: `User ${number}` } });
    } else {
      await this.ask(`message ${number}`, 'POST', `/rooms/${this.key}/messages`, { type: 'custom', content: `${number}` });
    }
  }

  /** Must be answered. */
  async last(): Promise<void> {
    for (let answered = false; !answered; answered = this.asked.at(-1)!.answered)
      await this.ask(`message ${this.asked.length}`, 'POST', `/rooms/${this.key}/messages`, {
        type: 'custom',
        content: `${this.asked.length}`
      });
  }

  private async ask(what: string, method: string, path: string, body?: unknown): Promise<void> {
    const entry = { what, answered: false };
    this.asked.push(entry);
    for (;;) {
      const answer = await this.server.rest(method, path, body, { Authorization: this.server.apiKey }).catch(() => undefined);
      if (answer?.status === 429 || answer?.status === 503) {
        await sleep(200);
        continue; // refused: it has not happened
      }
      entry.answered = answer !== undefined;
      if (answer) expect(answer.status, `${what}: ${JSON.stringify(answer.body)}`).toBe(201);
      else await sleep(50);
      return;
    }
  }
}

/** What an observer heard, in the words of `asked`. */
function heard(message: Json): string | undefined {
  if (message.type === 'custom') return `message ${message.content}`;
  if (message.type === 'options_update') return `exit_url ${message.options.exit_url}`;
  if (message.type === 'lock') return 'lock';
  return undefined;
}

/** Everything answered is there, nothing twice, in order; what was not answered may be there. */
function compare(asked: Room['asked'], seen: string[]): string[] {
  const problems: string[] = [];
  let at = 0;
  for (const { what, answered } of asked) {
    if (!what) continue;
    if (seen[at] === what) at++;
    else if (answered) problems.push(`missing or out of order: ${what}; instead ${seen[at]}`);
  }
  if (at < seen.length) problems.push(`too much: ${seen.slice(at).join(', ')}`);
  return problems;
}

test('chaos: nothing is missing, out of order or twice', async ({ server }, info) => {
  test.setTimeout(long ? 30 * 60_000 : 300_000);
  server.expectTrouble(/worker|media/i); // processes that lose their control say so
  const receiver = new Receiver(server.apiKey);
  const hook = await server.rest(
    'POST',
    '/webhooks',
    { url: await receiver.open(), types: ['room_update', 'participant_update'] },
    { Authorization: server.apiKey }
  );
  expect(hook.status).toBe(201);
  const all = rooms.map(id => new Room(server, id));
  for (const room of all) await room.open();
  const observers = Program.run('chaos_observers', server.url.replace('http', 'ws'), server.apiKey, { rooms, every: 2000 });
  for (const room of rooms)
    await observers.said.until(`the document of ${room}`, line => line.room === room && line.message?.type === 'room_update');
  const perRoom = all.map(room => async () => {
    while (room.asked.length < eventsPerRoom) {
      await room.next();
      await sleep(long ? 400 * Math.random() : 150 * Math.random());
    }
  });
  let running = true;
  const sizes: number[] = [];
  const killer = async () => {
    for (let i = 0; i < kills; i++) {
      await sleep(long ? 1000 + 5000 * Math.random() : 500 + 1500 * Math.random());
      sizes.push(rss(server));
      await server.kill();
      await sleep(300 * Math.random());
      await server.start();
    }
  };
  const outages = async () => {
    while (running) {
      await sleep(5000 * Math.random());
      await receiver.down(2000 * Math.random());
    }
  };
  const out = outages();
  await Promise.all([killer(), ...perRoom.map(work => work())]);
  running = false;
  await out;
  observers.tell('calm');
  for (const room of all) await room.last();
  sizes.push(rss(server));
  for (const room of all) {
    const marker = room.asked.at(-1)!.what;
    await observers.said.until(`${marker} of ${room.id}`, line => line.room === room.id && heard(line.message ?? {}) === marker, { timeout: 60_000 });
  }

  const problems: string[] = [];
  for (const room of all) {
    const lines = observers.said.filter(line => line.room === room.id);
    problems.push(...lines.filter(line => line.problem).map(line => `${room.id}: ${JSON.stringify(line)}`));
    const frames = lines.filter(line => line.message);
    const seen = frames.map(line => heard(line.message as Json)).filter((what): what is string => what !== undefined);
    problems.push(...compare(room.asked, seen).map(problem => `${room.id}: ${problem}`));
    for (let i = 1; i < frames.length; i++)
      if (frames[i]!.epoch !== frames[0]!.epoch || frames[i]!.offset <= frames[i - 1]!.offset)
        problems.push(`${room.id}: position ${frames[i]!.offset} after ${frames[i - 1]!.offset}`);
  }
  expect(problems).toEqual([]);

  receiver.misbehaves = false;
  for (const room of rooms) await server.rest('DELETE', `/rooms/${room}`, undefined, { Authorization: server.apiKey });
  const told = (id: string) => receiver.accepted.filter(r => r.body.type === 'room_update' && r.body.room.id === id);
  await eventually('every webhook', () => rooms.every(id => told(id).some(r => r.body.room.shutdown)), 180_000);
  for (const id of rooms) {
    const mine = told(id);
    const once = mine.filter((r, i) => mine.findIndex(other => other.id === r.id) === i);
    expect(once.map(r => r.body.room.shutdown), `${id}: in order, and twice only with the same id`).toEqual([false, true]);
  }
  expect(receiver.accepted.filter(r => !r.signed)).toEqual([]);

  receiver.close();
  expect(await observers.end()).toBe(0);
  const asked = all.reduce((sum, room) => sum + room.asked.length, 0);
  const lost = all.reduce((sum, room) => sum + room.asked.filter(one => !one.answered).length, 0);
  expect(Math.max(...sizes), `memory is flat: ${sizes.map(Math.round).join(', ')} MB`).toBeLessThan(1.5 * sizes[0]! + 20);
  info.annotations.push({
    type: 'chaos',
    description: `${rooms.length} rooms, ${asked} events (${lost} not answered), ${kills} kills, ${receiver.accepted.mark()} webhooks, memory ${sizes.map(Math.round).join(', ')} MB`
  });
});
