// What a meeting of three costs the server: CPU time (user + sys) of plenum and all plenum-media processes, from
// /proc, while three Chromiums send 640×480 at 25 fps and receive 1280×720. The browsers share the machine, so the
// frame rates stand beside the numbers: when they are low, the browsers were starved and the numbers are too small.
import { test as base } from '@playwright/test';
import { Browsers } from '../lib/browsers';
import { everybody, looks } from '../lib/media';
import { Person } from '../lib/person';
import { Plenum, stat } from '../lib/plenum';
import { Site } from '../lib/site';

const seconds = Number(process.env.BENCH_SECONDS ?? 30);
const ticksPerSecond = 100; // of /proc, on every Linux
const clip = { width: 640, height: 480, fps: 25, busy: true };

interface Cpu {
  name: string;
  user: number;
  sys: number;
}

function cpu(process: number): Cpu {
  const fields = stat(String(process));
  const of = (i: number) => Number(fields?.[i] ?? 0) / ticksPerSecond;
  return { name: '', user: of(11), sys: of(12) };
}

const test = base.extend<{ server: Plenum; people: Person[] }>({
  server: async ({}, use) => {
    const server = new Plenum();
    await server.start();
    await use(server);
    await server.stop();
    server.removeFiles();
  },
  people: async ({ server }, use) => {
    const [site, browsers] = [await Site.open(), new Browsers(clip)];
    const people: Person[] = [];
    for (const who of everybody) {
      const person = await Person.open(await browsers.of(who), looks[who]);
      people.push(person);
      await person.page.goto(site.url);
      const { access_key } = await server.enter({
        id: 'bench',
        user: { id: who, name: looks[who].name },
        options: { widescreen: true }
      });
      await person.join(server.url, access_key);
      await person.event('probe_picture', e => e.width === 1280);
    }
    await use(people);
    for (const person of people) await person.close();
    await browsers.close();
    site.close();
  }
});

test(`three browsers in one room, ${seconds} s`, async ({ server, people }) => {
  for (const person of people) await person.keepsReceiving();
  const processes = server.processes();
  const before = processes.map(cpu);
  const framesBefore = await Promise.all(people.map(person => person.stats()));
  const started = performance.now();
  await new Promise(done => setTimeout(done, seconds * 1000));
  const after = processes.map(cpu);
  const elapsed = (performance.now() - started) / 1000;
  const frames = await Promise.all(people.map(person => person.stats()));

  const rows = after.map((now, i) => ({
    process: i === 0 ? 'plenum' : `plenum-media ${i}`,
    user: (now.user - before[i]!.user) / elapsed,
    sys: (now.sys - before[i]!.sys) / elapsed
  }));
  const total = rows.reduce((sum, row) => sum + row.user + row.sys, 0);
  const fps = (newer?: number, older?: number) => ((newer ?? 0) - (older ?? 0)) / elapsed;
  const seen = people.map((person, i) => ({
    name: person.look.name,
    sent: `${frames[i]!.videoOut.frameWidth} px, ${fps(frames[i]!.videoOut.framesSent, framesBefore[i]!.videoOut.framesSent).toFixed(1)} fps`,
    received: `${frames[i]!.videoIn.frameWidth} px, ${fps(frames[i]!.videoIn.framesDecoded, framesBefore[i]!.videoIn.framesDecoded).toFixed(1)} fps`
  }));

  console.log('\n| process | user, cores | sys, cores | together |\n|---|---|---|---|');
  for (const { process, user, sys } of rows)
    console.log(`| ${process} | ${user.toFixed(3)} | ${sys.toFixed(3)} | ${(user + sys).toFixed(3)} |`);
  console.log(`| **all** | | | **${total.toFixed(3)}** |\n`);
  console.log('| browser | sent | received |\n|---|---|---|');
  for (const { name, sent, received } of seen) console.log(`| ${name} | ${sent} | ${received} |`);
  console.log(
    `\n${JSON.stringify({ bench: 'three_browsers', seconds: elapsed, cores: total, processes: rows, browsers: seen })}`
  );
});
