// A media process dies, or hangs, or control does: picture and sound come back by themselves, and nobody is told.
import type { TestInfo } from '@playwright/test';
import { Cable } from '../lib/cable';
import { eventually, expect, type Joined, type JoinWish, test } from '../lib/fixtures';
import { everybody, type Who } from '../lib/media';
import { longestGap, type Outage, outages, percentile, Told } from '../lib/outage';
import { patience } from '../lib/patience';
import { near, type Person, plainPlaces } from '../lib/person';
import type { Plenum } from '../lib/plenum';

// Two deaths of a meeting's worker within a minute; the third one would put an input under quarantine.
const perMeeting = 2;
const backWithin = 3000 * patience;

interface Meeting {
  people: Person[];
  observer: Cable;
  room: string;
}

async function meet(
  server: Plenum,
  joined: (who: Who, wish?: JoinWish) => Promise<Joined>,
  who: Who[],
  wish: JoinWish = {}
): Promise<Meeting> {
  const people = [];
  for (const one of who) people.push((await joined(one, wish)).person);
  for (const person of people) {
    await person.event('podium', e => e.videoSources.filter((of: number) => of >= 0).length === who.length);
    await person.event('probe_picture', e => e.width === 1280);
    await person.startPulse();
    expect((await person.stats()).protocol, 'no silent fallback').toBe(wish.join?.tcpOnly ? 'tcp' : 'udp');
  }
  for (const person of people) await person.keepsReceiving();
  const observer = await Cable.observe(server, wish.id ?? 'room');
  await observer.subscribe();
  await observer.message('room_update'); // the first one: how it is
  return { people, observer, room: server.log.last(l => l.message === 'room has a worker')!.room! };
}

const rungs = async (server: Plenum) => ({
  continued: await server.metric('plenum_repair_legs_total{rung="continued"}'),
  offered: await server.metric('plenum_repair_legs_total{rung="offered_again"}'),
  lost: await server.metric('plenum_repair_legs_total{rung="lost"}')
});

/** Breaks the meeting's worker and returns how long everybody was cut off. */
async function survives(
  server: Plenum,
  meeting: Meeting,
  signal: NodeJS.Signals,
  { offered = false } = {}
): Promise<Outage[]> {
  const { people, observer, room } = meeting;
  const told = people.map(person => new Told(person));
  const observed = observer.received.mark();
  const stories = await Promise.all(people.map(p => p.page.evaluate(() => performance.timeOrigin)));
  const fault = Date.now();
  process.kill(server.workerOf(room), signal);
  const out = await outages(people, fault);
  expect(told.flatMap(one => one.unwelcome(offered)), 'nobody is told').toEqual([]);
  expect(observer.received.filter(frame => frame.type !== 'ping', observed), 'nor an observer').toEqual([]);
  expect(await Promise.all(people.map(p => p.page.evaluate(() => performance.timeOrigin)))).toEqual(stories);
  return out;
}

const died = /media worker died|quarantined/;

const numbers = (values: number[]) =>
  `p50 ${percentile(values, 0.5)}, p95 ${percentile(values, 0.95)}, max ${Math.max(...values)}`;

/** Kills the workers of meetings, `perMeeting` times each, and judges how long everybody was cut off. */
async function killWorkers(
  server: Plenum,
  joined: (who: Who, wish?: JoinWish) => Promise<Joined>,
  info: TestInfo,
  who: Who[],
  kills: number,
  wish: JoinWish = {}
): Promise<void> {
  server.expectTrouble(died);
  const all: Outage[] = [];
  for (let done = 0; done < kills; ) {
    const meeting = await meet(server, joined, who, { ...wish, id: `room-${done}` });
    for (let i = 0; i < perMeeting && done < kills; i++, done++) {
      const out = await survives(server, meeting, 'SIGKILL', { offered: wish.join?.tcpOnly === true });
      if (process.env.E2E_KILLS) console.log(JSON.stringify(out));
      all.push(...out);
    }
    meeting.observer.close();
    for (const person of meeting.people) await person.close();
  }
  const pictures = all.map(outage => outage.picture);
  const sounds = all.map(outage => outage.sound);
  info.annotations.push(
    { type: `picture back after ${kills} kills, ms`, description: numbers(pictures) },
    { type: 'sound back, ms', description: numbers(sounds) },
    { type: 'legs repaired', description: JSON.stringify(await rungs(server)) }
  );
  expect(percentile(pictures, 0.95)).toBeLessThanOrEqual(backWithin);
  expect(percentile(sounds, 0.95)).toBeLessThanOrEqual(backWithin);
}

test('kill -9 of the worker: everybody goes on in place', async ({ server, joined }, info) => {
  const kills = Number(process.env.E2E_KILLS ?? perMeeting);
  test.setTimeout((60_000 + kills * 15_000) * patience);
  await killWorkers(server, joined, info, everybody, kills);
  expect(await rungs(server)).toEqual({ continued: kills * everybody.length, offered: 0, lost: 0 });
});

test('kill -9 of the worker, media over TCP: everybody is offered again', async ({ server, joined }, info) => {
  const who: Who[] = ['ann', 'bob'];
  const kills = Number(process.env.E2E_KILLS ?? 1);
  test.setTimeout((60_000 + kills * 15_000) * patience);
  await killWorkers(server, joined, info, who, kills, { join: { audio: true, video: true, tcpOnly: true } });
  expect(await rungs(server)).toEqual({ continued: 0, offered: kills * who.length, lost: 0 });
});

test('a worker that is stopped is found, killed and replaced', async ({ server, joined }, info) => {
  server.expectTrouble(died);
  const meeting = await meet(server, joined, ['ann', 'bob']);
  const out = await survives(server, meeting, 'SIGSTOP');
  info.annotations.push({ type: 'a hang, ms', description: JSON.stringify(out) });
  expect(await rungs(server)).toEqual({ continued: 2, offered: 0, lost: 0 });
  for (const { picture, sound } of out) expect(Math.max(picture, sound)).toBeLessThan(7000 * patience);
});

test('three deaths in a minute: the last input is not decoded any more, and the meeting goes on', async ({
  server,
  joined
}) => {
  server.expectTrouble(died);
  const meeting = await meet(server, joined, ['ann', 'bob']);
  const [ann, bob] = meeting.people as [Person, Person];
  for (let i = 0; i < 3; i++) await survives(server, meeting, 'SIGKILL');
  const blamed = server.log.filter(line => line.message.startsWith('quarantined'));
  expect(blamed.map(line => line.input)).toEqual(['video']);
  await bob.sees(ann.look.colour, plainPlaces({ x: 0, y: 0, w: 640, h: 960 }), 'Ann');
  await eventually('Bob’s tile shows no picture of his', async () => {
    const seen = await ann.patches(plainPlaces({ x: 640, y: 0, w: 640, h: 960 }));
    return !!seen && seen.every(patch => !near(patch.mean, bob.look.colour));
  });
  await eventually('but he is heard', async () => (await ann.levels([bob.look.tone]))[0]! > -60);
});

test('kill -9 of control: media never stops, the next one adopts the worker and can repair it', async ({
  server,
  joined
}, info) => {
  test.slow();
  server.expectTrouble(died);
  const meeting = await meet(server, joined, ['ann', 'bob']);
  const { people, room } = meeting;
  const [ann, bob] = people as [Person, Person];
  const marks = people.map(person => ({ person, events: person.events.mark(), sepp: person.sepp.mark() }));
  const worker = server.workerOf(room);
  const fault = Date.now();
  await server.kill();
  for (const person of people) await person.keepsReceiving();
  await server.start();
  for (const { person, events, sepp } of marks) {
    await person.received('call_resumed', () => true, sepp);
    await person.event('reconnect', () => true, events, 30_000);
    await person.keepsReceiving();
  }
  expect(server.workerOf(room)).toBe(worker);
  const gaps = await Promise.all(people.map(async person => Math.round(longestGap(await person.pulse(fault)))));
  info.annotations.push({ type: 'longest time without a picture, ms', description: gaps.join(', ') });
  expect(Math.max(...gaps)).toBeLessThan(1000 * patience);
  for (const { person, events } of marks)
    expect(person.events.filter(e => ['error', 'exit', 'accept'].includes(e.type), events)).toEqual([]);

  await test.step('the meeting goes on', async () => {
    await ann.send({ type: 'send_chat', content: 'still here' });
    await bob.event('chat', e => e.content === 'still here');
  });
  await test.step('and its worker may die', async () => {
    const observer = await Cable.observe(server, 'room');
    await observer.subscribe();
    await observer.message('room_update');
    const out = await survives(server, { ...meeting, observer }, 'SIGKILL');
    info.annotations.push({ type: 'then a kill of the worker, ms', description: JSON.stringify(out) });
    info.annotations.push({ type: 'legs repaired', description: JSON.stringify(await rungs(server)) });
    expect(await rungs(server)).toEqual({ continued: 2, offered: 0, lost: 0 });
    for (const { picture, sound } of out) expect(Math.max(picture, sound)).toBeLessThan(backWithin);
  });
});
