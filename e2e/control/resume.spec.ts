// Observers that lose their connection, and observers that do not read.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, eventually, test } from '../lib/fixtures';
import { Cable, type Json } from '../lib/cable';
import { Program } from '../lib/program';

const host = { id: 'daily', user: { id: 'ann', name: 'Ann' }, options: { lock_available: true } };
const extended = { protocols: ['actioncable-v1-ext-json'] };

test('@anycable/core resumes: dropped, and across crashes of the server, no event missing or twice', async ({
  server
}) => {
  test.slow();
  const document = await server.enter(host);
  const observer = Program.run('anycable', `${server.url.replace('http', 'ws')}/rt?room_id=daily`, {
    protocol: 'actioncable-v1-ext-json',
    headers: { Authorization: server.apiKey }
  });
  await observer.message('room_update');
  let said = 0;
  const say = async () => {
    const answer = await server.rest('POST', `/rooms/${document.access_key}/messages`, {
      type: 'custom',
      content: `${said}`
    });
    expect(answer.status).toBe(201);
    said++;
  };
  const drop = async () => observer.tell('drop');
  const crash = async () => {
    await server.kill();
    await server.start();
  };
  for (const disturb of [drop, crash, drop, crash]) {
    await say();
    await disturb();
    await say();
    await say();
    await observer.message('custom', m => m.content === `${said - 1}`);
  }
  await server.rest('DELETE', `/rooms/${document.access_key}`);
  await observer.message('room_update', m => m.content.shutdown);
  const contents = observer.said.filter(line => line.message?.type === 'custom').map(line => line.message.content);
  expect(contents).toEqual(Array.from({ length: said }, (_, i) => `${i}`));
  expect(observer.said.filter(line => line.info === 'history_not_found')).toEqual([]);
  expect(observer.said.filter(line => line.message?.type === 'room_update'), 'the document, and the end').toHaveLength(2);
  expect(await observer.end()).toBe(0);
});

test('an observer that was away hears the end of a meeting that is over', async ({ server }) => {
  const document = await server.enter(host);
  const first = await Cable.observe(server, 'daily', { headers: { Authorization: server.apiKey }, ...extended });
  await first.subscribe();
  const update = await first.received.until('room_update', f => f.message?.type === 'room_update');
  first.close();
  await server.rest('POST', `/rooms/${document.access_key}/messages`, { type: 'chat', content: 'bye' });
  await server.rest('DELETE', `/rooms/${document.access_key}`);
  await server.enter({ ...host, user: { id: 'bob', name: 'Bob' } }); // the next meeting of that name
  const late = await Cable.observe(server, 'daily', { headers: { Authorization: server.apiKey }, ...extended });
  const { stream_id, epoch, offset } = update;
  late.send({
    command: 'subscribe',
    identifier: '{"channel":"RoomChannel"}',
    history: { since: 0, streams: { [stream_id]: { epoch, offset } } }
  });
  expect((await late.closed).code).toBe(1000);
  const kinds = late.received.all().map(f => f.message?.type ?? f.type);
  expect(kinds.filter(kind => kind !== 'ping')).toEqual([
    'welcome',
    'confirm_subscription',
    'chat',
    'room_update',
    'confirm_history',
    'disconnect'
  ]);
});

test('an observer that does not read is bounded, told so and closed; the room does not wait', async ({ server }) => {
  test.slow();
  const document = await server.enter(host);
  // A socket that subscribes and then never reads: the kernel fills up, then our queue.
  const frame = Buffer.from('{"command":"subscribe","identifier":"{\\"channel\\":\\"RoomChannel\\"}"}');
  const slow = connect({ port: server.httpPort, host: '127.0.0.1', highWaterMark: 1024 } as never);
  slow.write(
    `GET /rt?room_id=daily&api_key=${server.apiKey} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
  await once(slow, 'readable');
  slow.write(Buffer.concat([Buffer.from([0x81, 0x80 | frame.length, 0, 0, 0, 0]), frame]));
  const quick = await Cable.observe(server, 'daily');
  await quick.subscribe();
  const closed = async () => /^plenum_cable_slow_total 1$/m.test(await server.metrics());
  const content = 'x'.repeat(60_000);
  const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.processes()[0]}/status`, 'utf8'))![1]);
  const before = rss();
  let sent = 0;
  let slowest = 0;
  for (; sent < 400 && !(await closed()); sent++) {
    const began = performance.now();
    await server.rest('POST', `/rooms/${document.access_key}/messages`, { type: 'custom', content });
    slowest = Math.max(slowest, performance.now() - began);
  }
  expect(await closed(), `after ${sent} messages of 60 kB`).toBe(true);
  // A bounded queue: what waits for it is less than 1 MB, whatever else moves in the heap.
  expect(rss() - before, 'kB').toBeLessThan(40_000);
  // Now it reads: everything that was queued, and why it is closed.
  let all = '';
  slow.on('data', bytes => (all = (all + bytes.toString('latin1')).slice(-4000)));
  slow.on('error', () => undefined);
  await eventually('the reason', async () =>
    all.includes('{"type":"disconnect","reason":"too_slow","reconnect":true,"identifier":"{\\"channel\\":\\"RoomChannel\\"}"}')
  );
  // Everybody else has everything.
  await eventually('all messages', async () => quick.received.filter((f: Json) => f.message?.type === 'custom').length === sent);
  test.info().annotations.push({ type: 'slow reader', description: `closed after ${sent} messages of 60 kB; slowest request ${slowest.toFixed(0)} ms` });
});
