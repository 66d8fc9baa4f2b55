// Firefox and Chromium in one room. Firefox lives in a network namespace of its own (see lib/lane.ts).
import { FirefoxPerson } from '../lib/firefox';
import { eventually, expect, test as base } from '../lib/fixtures';
import { Lane } from '../lib/lane';
import { outages } from '../lib/outage';
import { near, plainPlaces } from '../lib/person';
import { patience } from '../lib/patience';
import { Plenum } from '../lib/plenum';

const test = base.extend<{ lane: Lane; firefox: FirefoxPerson }>({
  lane: async ({}, use) => {
    const lane = Lane.open();
    await use(lane);
    lane.close();
  },
  serverOptions: async ({ lane }, use) => use({ address: lane.near }),
  firefox: async ({ lane, server: _ }, use) => {
    const person = await FirefoxPerson.open(lane);
    await use(person);
    await person.close();
  }
});

const left = { x: 0, y: 0, w: 640, h: 960 };

test('Firefox joins: the same events, the other’s picture and tone, a way out', async ({
  server,
  firefox,
  joined
}) => {
  test.slow();
  expect(server).toBeInstanceOf(Plenum);
  const { person: ann } = await joined('ann');
  const document = await server.enter({ id: 'room', user: { id: 'fox', name: 'Fox' } });
  const client = document.signaling.options.client_id;
  await firefox.join(server.url, document.access_key);
  await firefox.event('probe_picture', e => e.width === 1280 && e.height === 960);
  await firefox.event('podium', e => e.videoSources.length === 2 && e.isSource === true);
  await firefox.event('add_user', e => e.user.name === 'Ann' && e.initial === true);
  await firefox.event('remote_description_update');

  await test.step('Firefox sees and hears Ann', async () => {
    await eventually('Ann’s colour', async () => {
      const seen = await firefox.patches(plainPlaces(left));
      return !!seen && seen.every(patch => near(patch.mean, ann.look.colour));
    });
    // Its AudioContext does not run without a sound card; what is decoded is measured all the same.
    await eventually('Ann’s tone', async () => ((await firefox.stats()).audioIn.audioLevel ?? 0) > 0.05);
  });

  await test.step('Ann sees and hears Firefox', async () => {
    await ann.event('add_user', e => e.user.name === 'Fox' && e.initial === false);
    await ann.event('voice_activity', e => e.on === true && e.user.clientId === client);
    // Its fake camera shows a changing colour where the badge of somebody without video would stand.
    const colours = new Set<string>();
    await eventually('a picture that changes', async () => {
      const [patch] = (await ann.patches([{ x: 700, y: 700, w: 8, h: 8 }]))!;
      colours.add(patch!.mean.map(c => Math.round(c / 24)).join());
      return colours.size >= 3;
    });
  });

  await test.step('data channel, chat, camera off', async () => {
    await firefox.data.until('ping', told => told.text === '{"type":"ping"}');
    await firefox.data.until('pong', told => told.way === 'out' && told.text === '{"type":"pong"}');
    await firefox.send({ type: 'send_chat', content: 'hello from Firefox' });
    await ann.event('chat', e => e.content === 'hello from Firefox');
    const mark = ann.events.mark();
    await firefox.send({ type: 'change_stream', audio: true, video: false });
    await ann.event('podium', e => e.videoSources.length === 1, mark);
  });

  await test.step('the end', async () => {
    await ann.send({ type: 'terminate_meeting' });
    await firefox.event('exit', e => e.reason === 'bye');
    expect(firefox.events.filter(e => e.type === 'error' || e.type === 'probe_exception')).toEqual([]);
  });
});

test('kill -9 of the worker: Firefox goes on in place, too', async ({ server, firefox, joined }, info) => {
  test.slow();
  server.expectTrouble(/media worker died/);
  const { person: ann } = await joined('ann');
  const document = await server.enter({ id: 'room', user: { id: 'fox', name: 'Fox' } });
  await firefox.join(server.url, document.access_key);
  await firefox.event('probe_picture', e => e.width === 1280);
  await firefox.event('podium', e => e.videoSources.length === 2);
  for (const one of [ann, firefox]) await one.startPulse();
  await ann.keepsReceiving();
  const mark = firefox.events.mark();
  const kills = 2; // the third within a minute would put an input under quarantine
  for (let i = 0; i < kills; i++) {
    const fault = Date.now();
    process.kill(server.workerOf(''), 'SIGKILL');
    const [atAnn, atFirefox] = await outages([ann, firefox], fault, 30_000);
    info.annotations.push({
      type: 'cut off, ms',
      description: JSON.stringify({ Chromium: atAnn, Firefox: atFirefox })
    });
    expect(atFirefox!.picture).toBeLessThan(6000 * patience);
  }
  expect(await server.metric('plenum_repair_legs_total{rung="continued"}')).toBe(2 * kills);
  const told = ['error', 'exit', 'podium', 'add_user', 'remove_user', 'accept', 'probe_exception'];
  expect(firefox.events.filter(e => told.includes(e.type as string), mark)).toEqual([]);
});
