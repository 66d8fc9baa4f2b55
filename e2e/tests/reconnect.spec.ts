// Each websocket is cut without a goodbye: the library comes back, the call goes on, nobody else notices.
import { expect, test } from '../lib/fixtures';

test('the signaling websocket is cut: resumed, media never stops', async ({ joined, wire }) => {
  const { person: ann } = await joined('ann', { api: wire.url });
  const { person: bob } = await joined('bob');
  await ann.event('podium', e => e.videoSources.length === 2);
  await bob.event('add_user', e => e.user.name === 'Ann');
  await bob.event('add_user', e => e.user.name === 'Bob');
  await ann.data.until('data channel', told => told.way === 'open');
  const call = (await ann.received('call_accepted')).call_id as string;
  const [atAnn, atBob] = [ann.sepp.mark(), bob.events.mark()];

  expect(wire.cut('/call')).toBe(1);
  const [resume, resumed] = await Promise.all([
    ann.sent('call_resume', () => true, atAnn),
    ann.received('call_resumed', () => true, atAnn),
    ann.keepsReceiving()
  ]);
  expect(resume.call_id).toBe(call);
  expect(resumed.call_id).toBe(call);
  expect(resumed.sdp.type).toBe('answer');
  expect(resumed.sdp.sdp).toContain('a=eyeson-sepp-messaging');

  // The new socket carries events both ways.
  const before = ann.events.mark();
  await bob.send({ type: 'change_stream', audio: true, video: false });
  await ann.event('podium', e => e.videoSources.length === 1, before);
  await ann.send({ type: 'change_stream', audio: true, video: false });
  await bob.event('podium', e => e.video === false || e.videoSources.length === 2, atBob);
  await ann.keepsReceiving();
  expect(ann.events.filter(e => e.type === 'error' || e.type === 'warning')).toEqual([]);
  expect(bob.events.filter(e => e.type === 'remove_user' || e.type === 'add_user', atBob)).toEqual([]);
});

test('the room websocket is cut: disconnect, reconnect, a fresh document', async ({ joined, wire }) => {
  const { person: ann } = await joined('ann', { api: wire.url });
  const { person: bob } = await joined('bob');
  await ann.event('add_user', e => e.user.name === 'Bob');
  const mark = ann.events.mark();
  expect(wire.cut('/rt')).toBe(1);
  await ann.event('disconnect', () => true, mark);
  await ann.event('reconnect', () => true, mark, 30_000);
  const setup = await ann.event('room_setup', () => true, mark);
  expect(setup.content).toMatchObject({ ready: true, user: { id: 'ann' } });
  await ann.keepsReceiving();
  await bob.send({ type: 'send_chat', content: 'still there?' });
  await ann.event('chat', e => e.content === 'still there?', mark);
});

test('a call over TCP: ICE finds the way, both ways', async ({ joined }) => {
  const { person: ann } = await joined('ann', { join: { audio: true, video: true, tcpOnly: true } });
  await ann.event('probe_picture', e => e.width === 1280);
  await ann.keepsReceiving();
  expect((await ann.stats()).protocol).toBe('tcp');
  const { person: bob } = await joined('bob');
  await bob.sees(ann.look.colour, [{ x: 300, y: 600, w: 16, h: 16 }], 'Ann');
  await ann.leave();
  await bob.event('podium', e => e.solo === true);
});

test.describe('a short grace', () => {
  test.use({ serverOptions: { flags: ['--rooms-grace-seconds', '2'] } });

  test('a browser that vanishes is missed and leaves', async ({ joined }) => {
    const { person: ann } = await joined('ann');
    const { person: bob } = await joined('bob');
    await ann.event('podium', e => e.videoSources.length === 2);
    const mark = ann.events.mark();
    await bob.page.goto('chrome://crash').catch(() => undefined);
    await ann.event('remove_user', () => true, mark);
    await ann.event('podium', e => e.solo === true, mark);
  });
});
