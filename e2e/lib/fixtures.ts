// What a test gets: a server of its own, people with browsers, and the assurance that nothing crashed meanwhile.
import { writeFileSync } from 'node:fs';
import { test as base, expect } from '@playwright/test';
import { Browsers } from './browsers';
import { looks, type Who } from './media';
import { Person } from './person';
import { Plenum, type PlenumOptions, type RoomDocument } from './plenum';
import { Site } from './site';
import { Wire } from './wire';

export interface Fixtures {
  /** test.use({ serverOptions: { flags: […] } }) */
  serverOptions: PlenumOptions;
  server: Plenum;
  /** Opens the bare conformance page in Ann's, Bob's or Cid's browser. */
  person: (who: Who) => Promise<Person>;
  /** Opens the bare page and joins; the room is opened when it is not yet. */
  joined: (who: Who, room?: JoinWish) => Promise<Joined>;
  /** Opens a blank page in somebody's browser, for the meeting page. */
  visitor: (who: Who) => Promise<Person>;
  /** The way to the server, which can be cut. */
  wire: Wire;
}
export interface JoinWish {
  id?: string;
  options?: Record<string, unknown>;
  api?: string;
  join?: Parameters<Person['join']>[2];
}
export interface Joined {
  person: Person;
  document: RoomDocument;
}
interface Shared {
  browsers: Browsers;
  site: Site;
}

export const test = base.extend<Fixtures, Shared>({
  browsers: [
    async ({}, use) => {
      const browsers = new Browsers();
      await use(browsers);
      await browsers.close();
    },
    { scope: 'worker' }
  ],
  site: [
    async ({}, use) => {
      const site = await Site.open();
      await use(site);
      site.close();
    },
    { scope: 'worker' }
  ],
  serverOptions: [{}, { option: true }],

  server: async ({ serverOptions }, use, info) => {
    const server = new Plenum(serverOptions);
    try {
      await server.start();
      await use(server);
      await server.stop();
      expect(server.problems(), 'nothing went wrong on the server').toEqual([]);
    } finally {
      await server.stop().catch(() => undefined);
      const lines = [...server.log.all().map(line => JSON.stringify(line)), ...server.strays].join('\n');
      writeFileSync(info.outputPath('server.log'), lines);
      server.removeFiles();
    }
  },

  wire: async ({ server }, use) => {
    const wire = await Wire.to(server.httpPort);
    await use(wire);
    wire.close();
  },

  visitor: async ({ browsers, server: _ }, use) => {
    const open: Person[] = [];
    await use(async who => {
      const person = await Person.open(await browsers.of(who), looks[who]);
      open.push(person);
      return person;
    });
    const problems = open.flatMap(person => person.problems);
    for (const person of open) await person.close();
    expect(problems, 'nothing went wrong in the pages').toEqual([]);
  },

  person: async ({ visitor, site }, use) => {
    await use(async who => {
      const person = await visitor(who);
      await person.page.goto(site.url);
      return person;
    });
  },

  joined: async ({ server, person }, use) => {
    await use(async (who, wish = {}) => {
      const { id = 'room', options, api = server.url, join } = wish;
      const [one, document] = await Promise.all([
        person(who),
        server.enter({ id, user: { id: who, name: looks[who].name }, ...(options ? { options } : {}) })
      ]);
      one.client = document.signaling.options.client_id;
      await one.join(api, document.access_key, join);
      return { person: one, document };
    });
  }
});

export { expect };
export { eventually } from './eventually';
