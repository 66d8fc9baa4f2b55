// Three people with a colour and a tone of their own: what everybody sees and hears is what was announced.
import type { Area } from '../page/probe';
import { Cable, type Json } from '../lib/cable';
import { eventually, expect, test } from '../lib/fixtures';
import { everybody, looks, markerBand, type Rgb } from '../lib/media';
import { near, type Person, plainPlaces } from '../lib/person';

const background: Rgb = [32, 64, 96];
/** How much louder than one's own tone the others' are, in dB. */
const apart = 30;
/** One's own tone is lost in the noise of the codec, as tones are that nobody sends (Hz). */
const silent = [800, 1240];
const overFloor = 6;
const audible = -45;

interface Tile extends Area {
  client: string | null;
}

function tilesOf(sources: Json): Tile[] {
  return sources.vsrc.map((at: number, i: number) => ({
    ...sources.dims[i],
    client: at < 0 ? null : sources.src[at]
  }));
}

function labelArea({ x, y, w, h }: Area): Area {
  const margin = Math.max(4, h / 60);
  return { x: x + margin, y: y + h - margin - 24, w: Math.min(60, w / 4), h: 20 };
}

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function seesEverybody(person: Person, all: Person[], tiles: Tile[]): Promise<void> {
  for (const tile of tiles) {
    const holder = all.find(one => one.client === tile.client);
    const [colour, name] = holder ? [holder.look.colour, holder.look.name] : [background, 'an empty place'];
    await person.sees(colour, plainPlaces(tile), `${name} at ${tile.x},${tile.y}`);
  }
}

test('three people: tiles where announced, labels, the others’ tones and not one’s own', async ({
  joined,
  server
}, info) => {
  test.slow();
  const host = await server.enter({
    id: 'room',
    user: { id: 'ann', name: 'Ann' },
    options: { background_color: '#204060', sfu_mode: 'disabled' }
  });
  const observer = await Cable.observe(server, 'room');
  await observer.subscribe();
  const people: Person[] = [];
  for (const who of everybody) people.push((await joined(who)).person);
  expect(people[0]!.client).toBe(host.signaling.options.client_id);

  await test.step('source_update and podium_update announce the same picture', async () => {
    for (const person of people) {
      await person.event('podium', e => e.videoSources.filter((i: number) => i >= 0).length === 3);
      await person.received('source_update', d => d.vsrc.filter((i: number) => i >= 0).length === 3);
    }
    const tiles = tilesOf(people[0]!.sources()!);
    expect(tiles.map(({ x, y, w, h }) => [x, y, w, h])).toEqual([
      [0, 0, 640, 480],
      [640, 0, 640, 480],
      [0, 480, 640, 480],
      [640, 480, 640, 480]
    ]);
    const podium = await observer.message(
      'podium_update',
      m => m.podium.filter((p: Json) => p.user_id).length === 3
    );
    const users = new Map(people.map((person, i) => [person.client, everybody[i]]));
    expect(podium.podium.map((p: Json) => [p.user_id, p.left, p.top, p.width, p.height])).toEqual(
      tiles.map(t => [t.client === null ? null : users.get(t.client), t.x, t.y, t.w, t.h])
    );
    const own = await people[2]!.event(
      'podium',
      e => e.videoSources.filter((i: number) => i >= 0).length === 3
    );
    expect(own.allUserDimensions.slice(0, 3).map((d: Json) => d.clientId)).toEqual(people.map(p => p.client));
  });

  const tiles = tilesOf(people[0]!.sources()!);
  await test.step('every colour is where it was announced, for everybody', async () => {
    for (const person of people) await seesEverybody(person, people, tiles);
  });

  await test.step('the picture moves', async () => {
    const [tile] = tiles;
    const band = {
      x: tile!.x,
      y: tile!.y + markerBand.top * tile!.h,
      w: tile!.w,
      h: (markerBand.bottom - markerBand.top) * tile!.h
    };
    const place = { x: band.x + band.w / 2, y: band.y + band.h / 2 - 2, w: 4, h: 4 };
    const white = async () => near((await people[1]!.patches([place]))![0]!.mean, [250, 250, 250]);
    await eventually('the marker passes', white);
    await eventually('the marker is gone', async () => !(await white()));
  });

  await test.step('names are written into the tiles', async () => {
    for (const tile of tiles) {
      const contrast = async () => (await people[2]!.patches([labelArea(tile)]))![0]!.contrast;
      if (tile.client) await eventually('a label', async () => (await contrast()) > 100);
      else expect(await contrast(), 'nothing in the empty place').toBeLessThan(20);
    }
  });

  await test.step('everybody hears the others and not themselves', async () => {
    const tones: number[] = everybody.map(who => looks[who].tone);
    for (const person of people) {
      const own = tones.indexOf(person.look.tone);
      const others = tones.map((_, i) => i).filter(i => i !== own);
      await eventually(`${person.look.name} hears both others`, async () => {
        const levels = await person.levels(tones);
        return others.every(i => levels[i]! > audible);
      });
      // Looked at again and again while two seconds of sound pass; a gap in the sound splashes over all tones.
      const packets = async () => (await person.stats()).audioIn.packetsReceived ?? 0;
      const end = (await packets()) + 100;
      const readings: number[][] = [];
      while ((await packets()) < end) readings.push(await person.levels([...tones, ...silent]));
      const level = [...tones, ...silent].map((_, i) => median(readings.map(r => r[i]!)));
      const text = [...tones, ...silent].map((tone, i) => `${tone} Hz ${Math.round(level[i]!)}`).join(', ');
      info.annotations.push({ type: `${person.look.name} hears, dB`, description: text });
      const floor = Math.max(...level.slice(tones.length));
      expect(level[own]!, `${person.look.name} ${text}`).toBeLessThan(floor + overFloor);
      expect(level[own]!, `${person.look.name} ${text}`).toBeLessThan(
        Math.min(...others.map(i => level[i]!)) - apart
      );
    }
  });

  await test.step('who begins to talk is told', async () => {
    const talking = (of: Person) => (e: Json) => e.on === true && e.user.clientId === of.client;
    await people[0]!.event('voice_activity', talking(people[1]!));
    await people[0]!.event('voice_activity', talking(people[2]!));
    await people[1]!.event('voice_activity', talking(people[2]!));
  });

  await test.step('one leaves: the others share the picture', async () => {
    const after = people[0]!.sepp.mark();
    await people[2]!.leave();
    await people[0]!.received('memberlist', d => d.del.includes(people[2]!.client), after);
    await people[0]!.received('source_update', d => d.vsrc.length === 2, after);
    const halves = tilesOf(people[0]!.sources()!);
    expect(halves.map(({ x, y, w, h }) => [x, y, w, h])).toEqual([
      [0, 0, 640, 960],
      [640, 0, 640, 960]
    ]);
    await people[0]!.event('remove_user');
    for (const person of people.slice(0, 2)) await seesEverybody(person, people, halves);
  });
});

test('widescreen without names: 1280×720, nothing written into the picture', async ({ joined }) => {
  const { person: ann } = await joined('ann', { options: { widescreen: true, show_names: false } });
  await ann.event('probe_picture', e => e.width === 1280 && e.height === 720);
  const tile = { x: 0, y: 0, w: 1280, h: 720 };
  await ann.sees(ann.look.colour, plainPlaces(tile), 'herself');
  const [patch] = (await ann.patches([labelArea(tile)]))!;
  expect(patch!.contrast).toBeLessThan(20);
});
