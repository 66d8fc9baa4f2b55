// A run that uses every kind of secret, in every place where a client may put one, right and wrong; then the log (at
// level debug) and the metrics are searched for all of them.
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { Cable, Caller } from '../lib/cable';
import { expect, test } from '../lib/fixtures';
import { Receiver } from '../lib/receiver';

test.use({ serverOptions: { flags: ['--log-level', 'debug', ...Receiver.flags] } });

test('no key, token or signature is in the log or the metrics', async ({ server }) => {
  server.expectTrouble(/media worker died/); // one whose control is killed under it may be
  const secrets = new Map<string, string>([['API key', server.apiKey]]);
  const wrong = 'wrongWrongWrongWrong1234';
  secrets.set('a wrong key', wrong);
  const owner = { Authorization: server.apiKey };

  const receiver = new Receiver(server.apiKey);
  receiver.misbehaves = false;
  const url = `${await receiver.open()}?token=hookSecretInTheUrl123456`;
  secrets.set('secret in the URL of a hook', 'hookSecretInTheUrl123456');
  await server.rest('POST', '/webhooks', { url, types: ['room_update'] }, owner);

  const host = { id: 'daily', user: { id: 'ann', name: 'Ann' } };
  const document = await server.enter(host);
  const guest = await server.rest<typeof document>('POST', `/guests/${document.room.guest_token}`, { name: 'Gus' });
  for (const [who, one] of Object.entries({ host: document, guest: guest.body })) {
    secrets.set(`access key of the ${who}`, one.access_key);
    secrets.set(`signaling token of the ${who}`, one.signaling.options.auth_token);
    secrets.set(`signature of the token of the ${who}`, one.signaling.options.auth_token.split('.')[2]!);
  }
  secrets.set('guest token', document.room.guest_token);
  secrets.set('key of a stream', 'streamKeyStreamKey123456');

  // Right and wrong, in headers, paths, queries, bodies.
  const access = document.access_key;
  for (const [method, path, body] of [
    ['GET', `/rooms/${access}`],
    ['GET', `/rooms/${access}/users/ann`],
    ['GET', `/rooms/${access}/users/nobody`],
    ['POST', `/rooms/${access}/messages`, { type: 'chat', content: 'hello' }],
    ['POST', `/rooms/${access}/messages`, { type: 'ping', content: '' }],
    ['POST', `/rooms/${access}/broadcasts`, { stream_url: 'rtmp://stream.example/live/streamKeyStreamKey123456' }],
    ['POST', `/rooms/${access}/recording`],
    ['POST', `/rooms/${access}/layout`, { layout: 'nonsense' }],
    ['POST', `/rooms/${access}/layers`, { url: `https://example.com/?key=${wrong}` }],
    ['GET', `/rooms/${wrong}`],
    ['POST', `/guests/${wrong}`, { name: 'Gus' }],
    ['GET', `/rooms/${access}/nothing?access_key=${access}&api_key=${server.apiKey}`],
    ['GET', `/permalink/${wrong}`]
  ] as const)
    await server.rest(method, path, body);
  await server.rest('POST', '/rooms', host, { Authorization: wrong });
  await server.rest('POST', '/rooms', { user: 'Ann' }, owner);
  await server.rest('GET', '/rooms?page=1', undefined, owner);

  const observers = [
    await Cable.observe(server, 'daily'),
    await Cable.open(`${server.url}/rt?room_id=daily&api_key=${server.apiKey}`),
    await Cable.open(`${server.url}/rt?room_id=daily`, { protocols: [`anycable-token.${server.apiKey}`, 'actioncable-v1-json'] }),
    await Cable.open(`${server.url}/rt?room_id=daily`, { protocols: [server.apiKey] }),
    await Cable.open(document.links.websocket)
  ];
  for (const observer of observers) await observer.subscribe();
  for (const query of [`room_id=daily&api_key=${wrong}`, `access_key=${wrong}`, `room_id=other&api_key=${server.apiKey}`])
    await (await Cable.open(`${server.url}/rt?${query}`)).closed;
  const caller = await Caller.open(document);
  caller.send('call_start', { sdp: { type: 'offer', sdp: 'v=0\r\nnonsense' }, display_name: 'Ann', mute_video: false, platform: 'test' });
  await caller.message('call_rejected');
  await Caller.knock(document.signaling.options.endpoint, `${document.signaling.options.auth_token}x`);

  // Requests that are no requests: what is quoted in an error must not be the secret.
  for (const line of [`GET /rooms/${access} HTTP/9.9`, `GET  /rt?api_key=${server.apiKey} x HTTP/1.1`, `${server.apiKey}`]) {
    const socket = connect(server.httpPort, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.end(`${line}\r\nAuthorization: ${server.apiKey}\r\n\r\n`);
    await once(socket, 'close');
  }

  await server.kill(); // what a restart logs, too
  await server.start();
  await server.rest('GET', `/rooms/${access}`);
  await server.rest('DELETE', '/rooms/daily', undefined, owner);
  await server.rest('GET', `/rooms/${access}`);
  for (const { body } of receiver.accepted.all())
    secrets.set('signature of a webhook', createHmac('sha256', server.apiKey).update(JSON.stringify(body)).digest('hex'));
  const metrics = await server.metrics();
  await server.stop();
  receiver.close();

  const log = [...server.log.all().map(line => JSON.stringify(line)), ...server.strays];
  expect(log.filter(line => line.includes('"message":"serving"')), 'the log of both starts is here').toHaveLength(2);
  expect(metrics).toContain('plenum_http_connections');
  expect(secrets.size).toBeGreaterThanOrEqual(11);
  const found: string[] = [];
  for (const [what, secret] of secrets) {
    expect(secret.length, what).toBeGreaterThanOrEqual(20);
    if (metrics.includes(secret)) found.push(`${what} in the metrics`);
    found.push(...log.filter(line => line.includes(secret)).map(line => `${what}: ${line}`));
  }
  expect(found).toEqual([]);
});
