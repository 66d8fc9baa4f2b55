// One browser against the server: the unmodified library, its event sequence, and how long it takes.
import { expect, test } from '../lib/fixtures';
import { patience } from '../lib/patience';
import { plainPlaces } from '../lib/person';

// What a person waits for, in ms. The library itself needs about 0.4 s (it may gather candidates for up to 3 s).
const acceptWithin = 2000 * patience;
const pictureWithin = 3000 * patience;

test('one person joins: the events in order, a picture of 1280 pixels, in time', async ({ joined }, info) => {
  const { person: ann, document } = await joined('ann');
  await ann.event('probe_picture', e => e.width === 1280 && e.height === 960);
  await ann.event('podium', e => e.solo === true);
  await ann.event('add_user', e => e.initial === true && e.user.name === 'Ann');

  const names = ann.events
    .all()
    .map(e => (e.type === 'connection' ? `connection/${e.connectionStatus}` : e.type));
  const order = [
    'connection/fetch_room',
    'connection/received_room',
    'room_setup',
    'connection/ready',
    'accept'
  ];
  expect(
    names.filter(name => order.includes(name)).filter((name, at, all) => all.indexOf(name) === at)
  ).toEqual(order);
  expect(names).toContain('stream_update');
  expect(names).not.toContain('error');

  const at = (type: string) =>
    ann.events.last(e => e.type === type)!.at - ann.events.last(e => e.type === 'probe_start')!.at;
  const times = { accept: Math.round(at('accept')), picture: Math.round(at('probe_picture')) };
  info.annotations.push({ type: 'join time, ms', description: JSON.stringify(times) });
  expect(times.accept).toBeLessThan(acceptWithin);
  expect(times.picture).toBeLessThan(pictureWithin);

  await ann.sees(ann.look.colour, [{ x: 600, y: 500, w: 80, h: 80 }], 'herself');
  await ann.keepsReceiving();
  const { codecIn, srtp, protocol } = await ann.stats();
  expect(protocol, 'media over UDP, and no silent fallback').toBe('udp');
  expect(codecIn).toBe('video/VP8');
  expect(srtp, 'the better cipher of those the browser offers').toContain('GCM');
  expect(document.signaling.type).toBe('sepp');
});

test.describe('a server that prefers H.264', () => {
  test.use({ serverOptions: { flags: ['--video-codec', 'h264'] } });

  test('H.264 both ways', async ({ joined }) => {
    const { person: ann } = await joined('ann');
    const { person: bob } = await joined('bob');
    await bob.event('probe_picture', e => e.width === 1280 && e.height === 960);
    await bob.sees(ann.look.colour, plainPlaces({ x: 0, y: 0, w: 640, h: 960 }), 'Ann');
    await ann.sees(bob.look.colour, plainPlaces({ x: 640, y: 0, w: 640, h: 960 }), 'Bob');
    expect((await bob.stats()).codecIn).toBe('video/H264');
    await bob.keepsReceiving();
  });
});
