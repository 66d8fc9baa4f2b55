// The clients that programs use, unmodified: @anycable/core and @rails/actioncable as observers, the REST half of the
// npm package `eyeson` in Node, and the bytes that the Go library writes.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { test as base, expect } from '../lib/fixtures';
import type { Json } from '../lib/cable';
import { Journal } from '../lib/journal';
import { Program } from '../lib/program';

const test = base.extend<{ run: typeof Program.run }>({
  run: async ({ server: _ }, use) => {
    const programs: Program[] = [];
    await use((...args) => {
      const program = Program.run(...args);
      programs.push(program);
      return program;
    });
    for (const program of programs) expect(await program.end(), 'the client did not crash').toBe(0);
  }
});

const host = { id: 'standup meeting', user: { id: 'ann', name: 'Ann' } };
const observerUrl = (server: { url: string }, room = 'standup%20meeting') =>
  `${server.url.replace(/^http/, 'ws')}/rt?room_id=${room}`;

for (const protocol of ['actioncable-v1-json', 'actioncable-v1-ext-json'])
  test(`@anycable/core with ${protocol}: the key in every way that it can show one`, async ({ server, run }) => {
    const document = await server.enter(host);
    const ways: [string, Json][] = [
      [observerUrl(server), { headers: { Authorization: server.apiKey } }],
      [observerUrl(server), { auth: server.apiKey }],
      [`${observerUrl(server)}&api_key=${server.apiKey}`, {}],
      [observerUrl(server, 'standup+meeting'), { headers: { Authorization: server.apiKey } }]
    ];
    const observers = ways.map(([url, wishes]) => run('anycable', url, { protocol, ...wishes }));
    for (const observer of observers)
      expect((await observer.message('room_update')).content).toMatchObject({
        id: host.id,
        ready: true,
        shutdown: false
      });
    await server.rest('POST', `/rooms/${document.access_key}/messages`, { type: 'chat', content: 'hello' });
    for (const observer of observers)
      expect(await observer.message('chat')).toMatchObject({ content: 'hello', user_id: 'ann' });
    await server.rest('DELETE', `/rooms/${document.access_key}`);
    for (const observer of observers) {
      await observer.message('room_update', m => m.content.shutdown === true);
      const end = await observer.said.until('the end', line => line.cable === 'close');
      expect(end.reason).toBe('remote');
    }
  });

test('@anycable/core comes back after its connection was lost, and hears the room document again', async ({
  server,
  run
}) => {
  const document = await server.enter(host);
  const observer = run('anycable', observerUrl(server), { headers: { Authorization: server.apiKey } });
  await observer.message('room_update');
  for (let round = 0; round < 3; round++) {
    const after = observer.said.mark();
    observer.tell('drop');
    await observer.said.until('reconnect', line => line.cable === 'connect' && line.reconnect, { after });
    await observer.message('room_update', () => true, after);
    await server.rest('POST', `/rooms/${document.access_key}/messages`, { type: 'custom', content: `${round}` });
    await observer.message('custom', m => m.content === `${round}`, after);
  }
});

test('@anycable/core is turned away for good: a wrong key, an unknown room', async ({ server, run }) => {
  await server.enter(host);
  for (const [url, key] of [
    [observerUrl(server), 'wrong'],
    [observerUrl(server, 'elsewhere'), server.apiKey]
  ] as const) {
    for (const protocol of ['actioncable-v1-json', 'actioncable-v1-ext-json']) {
      const observer = run('anycable', url, { protocol, headers: { Authorization: key } });
      const end = await observer.said.until('the end', line => line.cable === 'close');
      expect(end.reason).toBe('unauthorized');
    }
  }
});

test('@rails/actioncable: headers, subprotocols, query, a lost connection, the end', async ({ server, run }) => {
  const document = await server.enter(host);
  const observers = [
    run('actioncable', observerUrl(server), { headers: { Authorization: server.apiKey } }),
    run('actioncable', observerUrl(server), { subprotocols: [`anycable-token.${server.apiKey}`] }),
    run('actioncable', observerUrl(server), { subprotocols: [server.apiKey] }),
    run('actioncable', `${observerUrl(server)}&api_key=${server.apiKey}`)
  ];
  for (const observer of observers) {
    const opened = await observer.said.until('open', line => line.socket === 'open');
    expect(opened.protocol).toBe('actioncable-v1-json');
    await observer.message('room_update');
  }
  const [first] = observers as [Program];
  const after = first.said.mark();
  first.tell('drop');
  await first.message('room_update', () => true, after);
  const back = first.said.mark();
  await server.rest('POST', `/rooms/${document.access_key}/messages`, { type: 'chat', content: 'hello' });
  for (const observer of observers) await observer.message('chat');
  await server.rest('DELETE', '/rooms/standup%20meeting', undefined, { Authorization: server.apiKey });
  for (const observer of observers) {
    await observer.message('room_update', m => m.content.shutdown);
    const closed = await observer.said.until('closed', line => line.socket === 'close', {
      after: observer === first ? back : 0
    });
    expect(closed.code).toBe(1000);
  }
});

test('@rails/actioncable is turned away: one frame, and no further attempt', async ({ server, run }) => {
  const observer = run('actioncable', observerUrl(server), { headers: { Authorization: 'wrong' } });
  await observer.said.until('closed', line => line.socket === 'close');
  expect(observer.said.filter(line => line.frame).map(line => line.frame)).toEqual([
    { type: 'disconnect', reason: 'unauthorized', reconnect: false }
  ]);
});

// The Go library writes the room's id into the request line as it is, offers no subprotocol, ends its frames with a
// newline and takes any first frame but `welcome` for an error.
class GoObserver {
  readonly lines = new Journal<string>('go observer');
  private constructor(readonly socket: Socket) {
    let rest = '';
    socket.on('data', bytes => {
      rest += bytes.toString('latin1');
      if (rest.includes('\r\n\r\n')) this.lines.add(rest);
    });
    socket.on('close', () => this.lines.add('<closed>'));
  }
  static async connect(server: { httpPort: number; apiKey: string }, room: string): Promise<GoObserver> {
    const socket = connect(server.httpPort, '127.0.0.1');
    const observer = new GoObserver(socket);
    socket.write(
      `GET /rt?room_id=${room} HTTP/1.1\r\nHost: 127.0.0.1:${server.httpPort}\r\nUser-Agent: Go-http-client/1.1\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
        `Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nAuthorization: ${server.apiKey}\r\n\r\n`
    );
    await observer.lines.until('the upgrade', all => all.startsWith('HTTP/1.1 101'));
    return observer;
  }
  send(text: string): void {
    const payload = Buffer.from(text);
    const mask = randomBytes(4);
    const masked = payload.map((byte, at) => byte ^ mask[at % 4]!);
    this.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, masked]));
  }
}

test('a raw space in the request line, as the Go library writes it', async ({ server }) => {
  const document = await server.enter(host);
  const observer = await GoObserver.connect(server, 'standup meeting');
  expect(observer.lines.last(), 'none offered, none chosen').not.toMatch(/sec-websocket-protocol/i);
  await observer.lines.until('welcome', all => all.includes('{"type":"welcome"}'));
  observer.send('{"command":"subscribe","identifier":"{\\"channel\\":\\"RoomChannel\\"}"}\n');
  await observer.lines.until('room_update', all => all.includes('"type":"room_update"'));
  await server.rest('POST', `/rooms/${document.access_key}/lock`); // forbidden by default: nothing is heard of it
  await server.rest('POST', `/rooms/${document.access_key}/messages`, { type: 'chat', content: 'hello' });
  await observer.lines.until('chat', all => all.includes('"type":"chat","content":"hello"'));
  await server.rest('DELETE', `/rooms/${document.access_key}`);
  await observer.lines.until('the end', line => line === '<closed>');
  const all = observer.lines.filter(line => line !== '<closed>').at(-1)!;
  expect(all).toContain(
    '{"type":"disconnect","reason":"remote","reconnect":false,"identifier":"{\\"channel\\":\\"RoomChannel\\"}"}'
  );
});

test('the REST half of the npm package eyeson: what a meeting needs today', async ({ server, run }) => {
  const document = await server.enter({ ...host, options: { lock_available: true } });
  await server.enter({ ...host, user: { id: 'bob', name: 'Bob' } });
  const api = run('comapi', server.url);
  const call = (method: string, ...args: unknown[]) => api.ask([document.access_key, method, ...args]);
  expect((await call('getRoom')).result).toMatchObject({ ready: true, access_key: document.access_key, user: { id: 'ann' } });
  expect((await call('getUser', 'bob')).result).toMatchObject({ apiId: 'bob', name: 'Bob', guest: false });
  expect(await call('getUser', 'nobody')).toEqual({ error: 404 });
  expect(await call('sendMessage', { type: 'chat', content: 'hello' })).toEqual({ result: '' });
  expect(await call('sendMessage', { type: 'chat' })).toEqual({ error: 400 });
  expect(await call('startPresentation'), 'only who is in the picture presents').toEqual({ error: 409 });
  expect(await call('stopPresentation')).toEqual({ result: '' });
  expect(await call('kickUser', 'bob')).toEqual({ result: null });
  const guest = await api.ask([document.room.guest_token, 'requestUser', { name: 'Gus', locale: 'de' }]);
  expect(guest.result).toMatchObject({ user: { name: 'Gus', guest: true }, room: { id: host.id } });
  expect(await api.ask(['NOBODY', 'requestUser', { name: 'Gus' }])).toEqual({ error: 401 });
  expect(await call('lockMeeting')).toEqual({ result: '' });
  expect(await api.ask([document.room.guest_token, 'requestUser', { name: 'Gus' }])).toEqual({ error: 423 });
  expect(await call('terminateMeeting')).toEqual({ result: '' });
  expect(await call('getRoom')).toEqual({ error: 410 });
});
