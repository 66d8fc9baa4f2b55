// The wire itself, without browsers: websockets of people and observers, refusals, nonsense.
import { Cable, Caller, type Json, roomChannel } from '../lib/cable';
import { expect, test } from '../lib/fixtures';

const room = 'room';
const host = { id: room, user: { id: 'ann', name: 'Ann' } };

test('room websocket: welcome, confirmation, documents, pings', async ({ server }) => {
  const document = await server.enter(host);
  const protocols = ['actioncable-v1-json', 'actioncable-unsupported'];
  const cable = await Cable.open(document.links.websocket, { protocols });
  expect(cable.subprotocol).toBe('actioncable-v1-json');
  await cable.received.until('welcome', f => f.type === 'welcome');
  expect(cable.received.all()[0]).toEqual({ type: 'welcome' });
  // The identifier comes back as it was sent, odd spaces included.
  const identifier = '{ "channel":"RoomChannel" }';
  await cable.subscribe(identifier);
  for (const type of ['room_setup', 'room_ready']) {
    const frame = await cable.received.until(type, f => f.message?.type === type);
    expect(frame.identifier).toBe(identifier);
    expect(frame.message.content).toMatchObject({
      ready: true,
      access_key: document.access_key,
      user: { id: 'ann' }
    });
  }
  await cable.subscribe('{"channel":"UserChannel"}');
  const ping = await cable.received.until('ping', f => f.type === 'ping');
  expect(Math.abs(ping.message - Date.now() / 1000)).toBeLessThan(10);
  const second = cable.received.mark();
  await cable.received.until('another ping', f => f.type === 'ping', { after: second });
});

test('room websocket: without a subprotocol, without a right, with nonsense', async ({ server }) => {
  const document = await server.enter(host);
  const plain = await Cable.open(document.links.websocket);
  expect(plain.subprotocol).toBe('');
  for (const nonsense of [
    '',
    'null',
    '[]',
    '{}',
    '{"command":7}',
    '{"command":"subscribe"}',
    '{',
    'ping',
    '\u0000',
    '['.repeat(1000)
  ])
    plain.sendText(nonsense);
  plain.send({ command: 'subscribe', identifier: '{"channel":"NoSuchChannel"}' });
  await plain.received.until(
    'rejection',
    f => f.type === 'reject_subscription' && f.identifier === '{"channel":"NoSuchChannel"}'
  );
  plain.send({ command: 'message', identifier: roomChannel, data: '{"action":"nonsense"}' });
  await plain.subscribe();

  const stranger = await Cable.open(`${server.url}/rt?access_key=NOBODY`);
  await stranger.received.until('disconnect', f => f.type === 'disconnect');
  expect(stranger.received.all()).toEqual([{ type: 'disconnect', reason: 'unauthorized', reconnect: false }]);
  await stranger.closed;
});

test('observers: every way to show the key, room_update first', async ({ server }) => {
  await server.enter(host);
  const ways = [
    { query: '', opening: { headers: { Authorization: server.apiKey } }, chosen: '' },
    {
      query: '',
      opening: { headers: { Authorization: server.apiKey }, protocols: ['actioncable-v1-json'] },
      chosen: 'actioncable-v1-json'
    },
    { query: '', opening: { protocols: [server.apiKey] }, chosen: server.apiKey },
    {
      query: '',
      opening: { protocols: ['actioncable-v1-json', `anycable-token.${server.apiKey}`] },
      chosen: 'actioncable-v1-json'
    },
    { query: `&api_key=${server.apiKey}`, opening: {}, chosen: '' }
  ];
  for (const { query, opening, chosen } of ways) {
    const cable = await Cable.open(`${server.url}/rt?room_id=${room}${query}`, opening);
    expect(cable.subprotocol).toBe(chosen);
    await cable.subscribe();
    const update = await cable.message('room_update');
    expect(update.content).toMatchObject({ id: room, ready: true, shutdown: false, participants: [] });
    cable.close();
  }
  for (const url of [
    `/rt?room_id=${room}&api_key=wrong`,
    `/rt?room_id=other&api_key=${server.apiKey}`,
    '/rt'
  ]) {
    const refused = await Cable.open(server.url + url);
    await refused.closed;
    expect(refused.received.all()).toEqual([
      { type: 'disconnect', reason: 'unauthorized', reconnect: false }
    ]);
  }
});

test('messages: chat and custom reach everybody, dangerous types are refused', async ({ server }) => {
  const document = await server.enter(host);
  const [member, observer] = [await Cable.open(document.links.websocket), await Cable.observe(server, room)];
  await member.subscribe();
  await observer.subscribe();
  const path = `/rooms/${document.access_key}/messages`;
  const post = (body: unknown) => server.rest('POST', path, body);
  expect((await post({ type: 'chat', content: 'hi' })).status).toBe(201);
  expect((await post(new URLSearchParams({ type: 'custom', content: '{"a":1}' }))).status).toBe(201);
  for (const reader of [member, observer]) {
    expect(await reader.message('chat')).toMatchObject({ content: 'hi', user_id: 'ann' });
    expect(await reader.message('custom')).toMatchObject({ content: '{"a":1}' });
  }
  for (const type of ['snapshot', 'room_setup', 'terminate_meeting', 'ping', 'podium_update', ''])
    expect((await post({ type, content: 'x' })).status, type).toBe(400);
});

test('rest: errors in the documented format, CORS for the library', async ({ server }) => {
  const document = await server.enter(host);
  const error = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await server.rest<Json>(method, path, body, headers);
    expect(answer.body, `${method} ${path}`).toMatchObject({ error: expect.any(String) });
    return answer.status;
  };
  expect(await error('POST', '/rooms', host)).toBe(403);
  expect(await error('POST', '/rooms', host, { Authorization: 'wrong' })).toBe(403);
  expect(await error('POST', '/rooms', { id: room }, { Authorization: server.apiKey })).toBe(400);
  expect(await error('GET', '/rooms/NOBODY')).toBe(404);
  expect(await error('POST', '/guests/NOBODY', { name: 'G' })).toBe(401);
  expect(await error('POST', `/guests/${document.room.guest_token}`, {})).toBe(400);
  expect(await error('GET', `/rooms/${document.access_key}/users/nobody`)).toBe(404);

  const preflight = await server.rest('OPTIONS', `/rooms/${document.access_key}`, undefined, {
    Origin: 'https://app.example',
    'Access-Control-Request-Method': 'DELETE'
  });
  expect(preflight.headers.get('access-control-allow-origin')).toBeTruthy();
  expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
  const missing = await server.rest('GET', '/rooms/NOBODY', undefined, { Origin: 'https://app.example' });
  expect(missing.headers.get('access-control-allow-origin'), 'also on errors').toBeTruthy();
});

test('signaling: tokens browsers can decode; bad tokens and bad offers are refused', async ({ server }) => {
  for (let i = 0; i < 40; i++) {
    const { signaling } = await server.enter({ id: `room-${i}`, user: { id: `user ${i} ~?>`, name: 'N' } });
    const payload = signaling.options.auth_token.split('.')[1]!;
    expect(payload).not.toMatch(/[-_]/); // browsers decode it with atob
    const claims = JSON.parse(atob(payload)) as Json;
    expect(claims).toMatchObject({
      client_id: signaling.options.client_id,
      conf_id: signaling.options.conf_id
    });
  }
  const document = await server.enter(host);
  const { endpoint, auth_token } = document.signaling.options;
  expect(await Caller.knock(endpoint, 'x.y.z')).toBe(401);
  expect(await Caller.knock(endpoint, auth_token.slice(0, -8) + 'AAAAAAAA')).toBe(401);
  expect(await Caller.knock(endpoint, auth_token)).toBe(101);

  for (const as of ['query', 'header'] as const) {
    const caller = await Caller.open(document, as);
    for (const nonsense of ['', '{', 'null', '{"type":"x"}', '{"type":"call_start","data":null}'])
      caller.sendText(nonsense);
    caller.send('no_such_type', {});
    caller.send('mute_video', { on: true, cid: 'x', call_id: 'none' });
    caller.send('call_start', {
      sdp: { type: 'offer', sdp: 'v=0\r\nnonsense' },
      display_name: 'Ann',
      mute_video: false,
      platform: 'test'
    });
    expect((await caller.message('call_rejected')).reject_code).toBe(400);
    expect(caller.received.all(), 'nothing but the rejection').toHaveLength(1);
    await caller.closed;
  }
  const resumer = await Caller.open(document);
  resumer.send('call_resume', {
    call_id: '000000000000000000000000',
    sdp: { type: 'offer', sdp: 'v=0\r\n' }
  });
  expect((await resumer.message('call_terminated')).term_code).toBe(410);
});
