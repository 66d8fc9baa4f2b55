// Every curl command of the public documentation, with host and key changed and nothing else.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Plenum, RoomDocument } from '../lib/plenum';
import { expect, test } from '../lib/fixtures';

const printed = new Map(
  readFileSync(join(__dirname, 'data/seed_commands.txt'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map(part => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), part.slice(end + 1).trim()] as const;
    })
);

/** Must shrink to nothing: what has no media behind it. */
const refusedForNow = new Map([['layers', 503]]);

const expected = new Map([
  ['start a meeting', undefined], // its quotes do not match: the shell refuses it; see below
  ['meeting details', 200],
  ['list meetings', 200],
  ['layout', 200],
  ['layers', 201],
  ['lock a meeting', 201],
  ['end a meeting', 204],
  ['force a meeting to stop', 204]
]);

/** The statuses of all answers: a command may name several URLs. */
async function run(server: Plenum, command: string, document: RoomDocument): Promise<number[]> {
  const script = command
    .replace(/^\$ /, '')
    .replaceAll('https://api.eyeson.team', server.url)
    .replace('/rooms/ACCESS_KEY/', '/rooms/$ACCESS_KEY/')
    .replace('curl ', "curl -s -o /dev/null -w '%{http_code}\\n' ");
  const { stdout } = await promisify(execFile)('bash', ['-c', `${script} || true`], {
    env: {
      ...process.env,
      API_KEY: server.apiKey,
      ACCESS_KEY: document.access_key,
      ROOM_ID: document.room.id
    }
  });
  return stdout.trim().split('\n').map(Number).filter(Boolean);
}

test('every command of the documentation is known here', () => {
  expect([...printed.keys()].sort()).toEqual([...expected.keys()].sort());
});

for (const [name, status] of expected)
  test(`curl as printed: ${name}`, async ({ server }) => {
    const document = await server.enter({
      id: 'daily',
      user: { id: 'USER_ID_A', name: 'Ann' },
      options: { lock_available: true }
    });
    const statuses = await run(server, printed.get(name)!, document);
    expect(statuses.at(-1), printed.get(name)).toBe(refusedForNow.get(name) ?? status);
  });

test('curl as meant: start a meeting, with the missing brace, in quotes that reach the server', async ({ server }) => {
  const broken = printed.get('start a meeting')!;
  const meant = broken.replace(/-d "(.*)" "https/, `-d '$1}' "https`);
  expect(meant).not.toBe(broken);
  const document = await server.enter({ id: 'daily', user: { name: 'Ann' } });
  expect(await run(server, meant, document)).toEqual([201]);
  const rooms = await server.rest<{ id: string }[]>('GET', '/rooms', undefined, { Authorization: server.apiKey });
  expect(rooms.body).toHaveLength(2);
});
