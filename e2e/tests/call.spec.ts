// What people do in a meeting, through the unmodified library: eyeson-sepp 6.3, items 2 to 7.
import { Cable, type Json } from '../lib/cable';
import { eventually, expect, test } from '../lib/fixtures';
import type { Rgb } from '../lib/media';
import { plainPlaces } from '../lib/person';

const canvas = { x: 0, y: 0, w: 1280, h: 960 };
const left = { x: 0, y: 0, w: 640, h: 960 };
const right = { x: 640, y: 0, w: 640, h: 960 };
const darkGray: Rgb = [18, 18, 18]; // #121212, the default background

test('two people: chat both ways, camera off and on, leave', async ({ joined, server }) => {
  const { person: ann, document } = await joined('ann');
  const observer = await Cable.observe(server, 'room');
  await observer.subscribe();
  const { person: bob } = await joined('bob');

  await test.step('each is told of the other', async () => {
    await ann.event('add_user', e => e.user.name === 'Bob' && e.initial === false);
    await bob.event('add_user', e => e.user.name === 'Ann' && e.initial === true);
    const podium = await ann.event('podium', e => e.videoSources.length === 2);
    expect(podium.allUserDimensions).toMatchObject([
      { clientId: ann.client, x: 0, y: 0, w: 640, h: 960 },
      { clientId: bob.client, x: 640, y: 0, w: 640, h: 960 }
    ]);
    await observer.message(
      'participant_update',
      m => m.participant.id === 'bob' && m.participant.online === true
    );
  });

  await test.step('chat', async () => {
    for (const [from, words] of [
      [ann, 'hello <b>Bob</b> — 你好'],
      [bob, 'hello Ann 👋']
    ] as const) {
      await from.send({ type: 'send_chat', content: words });
      for (const reader of [ann, bob]) {
        const line = await reader.event('chat', e => e.content === words);
        expect(line.user).toMatchObject({ clientId: from.client, name: from.look.name });
        expect(Date.now() - Date.parse(line.timestamp as string)).toBeLessThan(60_000);
      }
      await observer.message('chat', m => m.content === words);
    }
  });

  await test.step('camera off: the other gets the whole picture', async () => {
    await bob.send({ type: 'change_stream', audio: true, video: false });
    await bob.sent('mute_video', d => d.on === true && d.cid === bob.client);
    const podium = await ann.event('podium', e => e.videoSources.length === 1);
    expect(podium.allUserDimensions).toMatchObject([{ clientId: ann.client, w: 1280, h: 960 }]);
    await bob.sees(ann.look.colour, plainPlaces(canvas), 'only Ann');
    await bob.keepsReceiving();
  });

  await test.step('camera on again', async () => {
    const after = ann.events.mark();
    await bob.send({ type: 'change_stream', audio: true, video: true });
    await ann.event('podium', e => e.videoSources.length === 2, after);
    await ann.sees(bob.look.colour, plainPlaces(right), 'Bob again');
    await ann.sees(ann.look.colour, plainPlaces(left), 'herself again');
  });

  await test.step('leaving', async () => {
    const after = ann.events.mark();
    await bob.leave();
    await ann.event('remove_user', () => true, after);
    await ann.event('podium', e => e.solo === true, after);
    await observer.message(
      'participant_update',
      m => m.participant.id === 'bob' && m.participant.online === false
    );
    const users = await server.rest<Json[]>('GET', '/rooms/room/users?online=true', undefined, {
      Authorization: server.apiKey
    });
    expect(users.body.map(user => user.id)).toEqual(['ann']);
    const gone = await server.rest(`GET`, `/rooms/${document.access_key}/users/${bob.client}`);
    expect(gone.status, 'who has left can still be looked up').toBe(200);
  });
});

test('data channel: opens, is asked for a sign of life and gives one', async ({ joined }) => {
  const { person: ann } = await joined('ann');
  await ann.data.until('open', told => told.way === 'open');
  // The library answers only these very bytes.
  await ann.data.until('ping', told => told.way === 'in' && told.text === '{"type":"ping"}');
  await ann.data.until('pong', told => told.way === 'out' && told.text === '{"type":"pong"}');
});

test('screen share: the presenter fills the picture until it ends', async ({ joined }) => {
  const { person: ann, document } = await joined('ann');
  const { person: bob } = await joined('bob');
  await bob.event('podium', e => e.videoSources.length === 2);
  const yellow: Rgb = [240, 200, 0];

  await test.step('start', async () => {
    await ann.page.evaluate(() => window.probe.shareScreen('rgb(240 200 0)'));
    await ann.event('presentation_started');
    for (const one of [ann, bob]) {
      await one.event('presentation_update', e => e.presentation?.user.id === 'ann');
      const podium = await one.event('podium', e => e.hasPresenter === true);
      expect(podium).toMatchObject({ presenter: ann.client, isPresenter: one === ann });
      expect(podium.allUserDimensions).toMatchObject([{ clientId: ann.client, x: 0, y: 0, w: 1280, h: 960 }]);
    }
  });

  await test.step('the whole screen is seen, with bars above and below', async () => {
    await bob.sees(
      yellow,
      [
        { x: 600, y: 480, w: 80, h: 80 },
        { x: 10, y: 500, w: 8, h: 8 },
        { x: 1260, y: 500, w: 8, h: 8 }
      ],
      'the screen'
    );
    await bob.sees(darkGray, [{ x: 600, y: 20, w: 80, h: 60 }], 'the bar above');
  });

  await test.step('Bob, whom nobody sees, sends no video', async () => {
    const sent = async () => (await bob.stats()).videoOut.packetsSent ?? 0;
    let before = await sent();
    await eventually('no packets while others keep coming', async () => {
      await bob.keepsReceiving();
      const now = await sent();
      const quiet = now === before;
      before = now;
      return quiet;
    });
  });

  await test.step('stop', async () => {
    const [atAnn, atBob] = [ann.events.mark(), bob.events.mark()];
    await ann.send({ type: 'stop_presenting' });
    await ann.event('presentation_ended');
    await bob.event('presentation_update', e => e.presentation === null, atBob);
    await bob.event('podium', e => e.hasPresenter === false && e.videoSources.length === 2, atBob);
    await ann.send({ type: 'start_stream', audio: true, video: true });
    await ann.event('podium', e => e.hasPresenter === false, atAnn);
    await bob.sees(ann.look.colour, plainPlaces(left), 'Ann again');
    await bob.sees(bob.look.colour, plainPlaces(right), 'himself again');
  });

  await test.step('somebody else presents meanwhile: refused', async () => {
    expect(document.presentation).toBeNull();
    const [atAnn, atBob] = [ann.events.mark(), bob.events.mark()];
    await bob.page.evaluate(() => window.probe.shareScreen('rgb(240 200 0)'));
    for (const [one, mark] of [
      [ann, atAnn],
      [bob, atBob]
    ] as const)
      await one.event('presentation_update', e => e.presentation?.user.id === 'bob', mark);
    const refused = ann.events.mark();
    await ann.page.evaluate(() => window.probe.shareScreen('rgb(0 200 240)'));
    await ann.event('presentation_ended', () => true, refused);
    expect(bob.events.last(e => e.type === 'presentation_update')!.presentation.user.id).toBe('bob');
  });
});

test('end for all: exit on both, the key is spent', async ({ joined, server }) => {
  const { person: ann, document } = await joined('ann');
  const { person: bob, document: bobs } = await joined('bob');
  const observer = await Cable.observe(server, 'room');
  await observer.subscribe();
  await ann.send({ type: 'terminate_meeting' });
  for (const one of [ann, bob]) {
    await one.event('exit', e => e.reason === 'bye');
    expect((await one.received('call_terminated')).term_code).toBe(200);
  }
  await observer.message('room_update', m => m.content.shutdown === true);
  await observer.received.until('disconnect', f => f.type === 'disconnect' && f.reconnect === false);
  await observer.closed;
  for (const key of [document.access_key, bobs.access_key])
    expect((await server.rest('GET', `/rooms/${key}`)).status).toBe(410);
  expect([...ann.events.all(), ...bob.events.all()].filter(e => e.type === 'error')).toEqual([]);
});

test('kicked: exit for one, the meeting goes on, and coming back is allowed', async ({ joined, server }) => {
  const { person: ann } = await joined('ann');
  const { person: bob, document: bobs } = await joined('bob');
  await ann.event('add_user', e => e.user.name === 'Bob');
  const mark = ann.events.mark();
  await ann.send({ type: 'kick_user', userId: bob.client });
  await bob.event('exit', e => e.reason === 'bye');
  await ann.event('remove_user', () => true, mark);
  await bob.page.reload();
  await bob.join(server.url, bobs.access_key);
  await ann.event('add_user', e => e.user.name === 'Bob', mark);
});

test('the same person again elsewhere: the new place wins', async ({ joined, person, server }) => {
  const { person: ann, document } = await joined('ann');
  const { person: cid } = await joined('cid');
  await ann.event('podium', e => e.videoSources.length === 2);
  const elsewhere = await person('bob');
  await elsewhere.join(server.url, document.access_key);
  await ann.event('error', e => e.name === 'session_in_use');
  await elsewhere.event('podium', e => e.videoSources.length === 2);
  await cid.sees(elsewhere.look.colour, plainPlaces(left), 'the picture from the new place');
  expect(
    cid.events.filter(e => e.type === 'remove_user'),
    'nobody left'
  ).toEqual([]);
});

test('locked: who has no key yet stays outside', async ({ joined, person, server }) => {
  const { person: ann, document } = await joined('ann', { options: { lock_available: true } });
  const late = await server.enter({ id: 'room', user: { id: 'bob', name: 'Bob' } });
  await ann.send({ type: 'lock_meeting' });
  await ann.event('lock', e => e.locked === true);

  const guest = await server.rest<Json>('POST', `/guests/${document.room.guest_token}`, { name: 'Gwen' });
  expect(guest.status).toBe(423);
  const stranger = await server.rest(
    'POST',
    '/rooms',
    { id: 'room', user: { name: 'New' } },
    { Authorization: server.apiKey }
  );
  expect(stranger.status).toBe(423);

  const bob = await person('bob');
  await bob.join(server.url, late.access_key, { audio: true, video: true, wait: false });
  const outcome = await bob.events.until('accept or error', e => e.type === 'accept' || e.type === 'error');
  expect(outcome.type, 'who has a key may come in').toBe('accept');
});

test('a guest who took a key before the lock is turned away by signaling', async ({
  joined,
  person,
  server
}) => {
  const { person: ann, document } = await joined('ann', { options: { lock_available: true } });
  const bob = await person('bob');
  await bob.page.evaluate(([api, token]) => window.probe.guest(api, token, 'Gwen'), [
    server.url,
    document.room.guest_token
  ] as const);
  const { token } = await bob.event('guest_user');
  await ann.send({ type: 'lock_meeting' });
  await ann.event('lock', e => e.locked === true);
  await bob.page.reload();
  await bob.join(server.url, token as string, { audio: true, video: true, wait: false });
  await bob.event('error', e => e.name === 'meeting_locked');
});

test('a guest joins by the guest token', async ({ joined, person, server }) => {
  const { person: ann, document } = await joined('ann');
  const bob = await person('bob');
  await bob.page.evaluate(([api, token]) => window.probe.guest(api, token, 'Gwen'), [
    server.url,
    document.room.guest_token
  ] as const);
  const { token } = await bob.event('guest_user');
  await bob.join(server.url, token as string);
  const added = await ann.event('add_user', e => e.user.name === 'Gwen');
  expect(added.user.guest).toBe(true);
  await ann.sees(bob.look.colour, plainPlaces(right), 'the guest');
});

test('without camera, and audio only: a place in the call, no place in the way', async ({ joined }) => {
  const { person: ann } = await joined('ann');
  const { person: bob } = await joined('bob', { join: { audio: true, video: false } });
  await ann.event('add_user', e => e.user.name === 'Bob');
  await bob.sees(ann.look.colour, plainPlaces(canvas), 'Ann');
  const { person: cid } = await joined('cid', { join: { audio: true, video: false, eco: true } });
  await ann.event('add_user', e => e.user.name === 'Cid');
  await eventually('Cid hears Ann', async () => (await cid.levels([ann.look.tone]))[0]! > -45);
  expect((await cid.received('call_accepted')).sdp.sdp).not.toContain('m=video');
  expect(ann.sources()!.vsrc).toEqual([0]);
});
