// The README's tour, as it is written there, and what the first start prints. No browser, but everything a newcomer types.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { eventually, expect, test } from '../lib/fixtures';
import { Journal } from '../lib/journal';
import { cleanEnvironment, plenumProgram } from '../lib/plenum';

const root = resolve(__dirname, '../..');

function tour(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = readme.split('## Five minutes with curl')[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block!);
}

test('the tour of the README works as it is written', async ({ server }) => {
  const blocks = tour();
  expect(blocks, 'KEY and URL, a meeting, a message, a guest, the observer, a layout, the end').toHaveLength(7);
  const [given, open, say, invite, watch, layout, end] = blocks as [string, string, string, string, string, string, string];
  expect(given).toBe('KEY=…\nURL=http://localhost:8080\n');

  const work = mkdtempSync(join(tmpdir(), 'plenum-tour-'));
  const prepared = `set -eu\ncd '${work}'\nKEY='${server.apiKey}'\nURL='${server.url}'\n`;
  const known = prepared + `ACCESS=$(sed -n 's/.*"access_key":"\\([^"]*\\)".*/\\1/p' room.json)\n`;
  const bash = async (script: string) => (await promisify(execFile)('bash', ['-c', script])).stdout;
  try {
    const links = (await bash(prepared + open)).trim().split('\n');
    expect(links).toEqual([
      expect.stringMatching(new RegExp(`^${server.url}/\\?\\w{24}$`)),
      expect.stringMatching(new RegExp(`^${server.url}/\\?guest=\\w{24}$`))
    ]);

    const observer = spawn(
      'bash',
      ['-c', prepared + `cd '${root}'\n` + watch.replaceAll('localhost:8080', server.url.slice('http://'.length))],
      { stdio: ['ignore', 'pipe', 'inherit'], detached: true }
    );
    const seen = new Journal<Record<string, any>>('the observer');
    createInterface({ input: observer.stdout }).on('line', line => seen.add(JSON.parse(line)));
    try {
      await seen.until('room_update', m => m.message?.type === 'room_update');
      expect(await bash(known + say)).toMatch(/^HTTP\/1\.1 201 /);
      const chat = await seen.until('chat', m => m.message?.type === 'chat');
      expect(chat.message).toMatchObject({ content: 'Hello from curl' });

      const told = (await bash(known + invite.replaceAll(/^(curl .*?)( *#.*)?$/gm, '$1; echo'))).trim().split('\n');
      const [guest, rooms, users] = told.map(line => JSON.parse(line));
      expect(guest.user).toMatchObject({ name: 'Ben', guest: true });
      expect(rooms.map((room: { id: string }) => room.id)).toEqual(['hello']);
      expect(users.map((user: { name: string }) => user.name)).toEqual(['Ann', 'Ben']);

      expect(await bash(known + layout)).toMatch(/^HTTP\/1\.1 200 /);
      const options = await seen.until('options_update', m => m.message?.type === 'options_update');
      expect(options.message.options).toMatchObject({ layout: 'custom', layout_name: 'present-lower-3' });

      expect(await bash(known + end)).toMatch(/^HTTP\/1\.1 204 /);
      await seen.until('the end', m => m.message?.content?.shutdown === true);
    } finally {
      process.kill(-observer.pid!, 'SIGKILL');
    }
    expect((await server.rest('GET', '/rooms', undefined, { Authorization: server.apiKey })).body).toEqual([]);
  } finally {
    rmSync(work, { recursive: true });
  }
});

test('the first start prints a key, links and a curl line that works; the second start no key', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plenum-first-'));
  const flags = ['serve', '--try', '--data-directory', directory, '--log-format', 'json', '--media-announce', '127.0.0.1'];
  const ports = ['--http-port', '0', '--admin-port', '0', '--media-port', '0'];
  const start = async () => {
    const child = spawn(plenumProgram, [...flags, ...ports], {
      cwd: directory,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'ignore']
    });
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
    const ended = new Promise<number | null>(done => child.once('exit', done));
    await eventually('the curl line', async () => /curl .*\/rooms\n/.test(out));
    return { out: () => out, end: () => (child.kill('SIGTERM'), ended) };
  };
  try {
    const first = await start();
    const key = /API key \(shown this once\): {2}(\w+)/.exec(first.out())?.[1];
    expect(key, first.out()).toBeTruthy();
    const curl = /^ +(curl .*)$/m.exec(first.out())![1]!;
    expect(curl).toContain(key);
    const { stdout } = await promisify(execFile)('bash', ['-c', curl]);
    expect(JSON.parse(stdout)).toMatchObject({ ready: true, room: { id: 'hello' }, user: { name: 'Ann' } });
    const host = /as host: +(http\S+)/.exec(first.out())![1]!;
    const page = await fetch(host);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await first.end()).toBe(0);

    const second = await start();
    expect(second.out()).not.toContain('API key (shown');
    expect(second.out()).not.toContain(key);
    expect(second.out()).toContain('YOUR_API_KEY');
    expect(await second.end()).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
