// The end of the control process: a meeting ends properly with it, or (--keep-media) goes on without it.
import { eventually, expect, test } from '../lib/fixtures';
import { running } from '../lib/plenum';

test('a graceful end tells everybody, and the room is over', async ({ joined, server }) => {
  const { person: ann } = await joined('ann');
  const { person: bob } = await joined('bob');
  await ann.event('add_user', e => e.user.name === 'Bob');
  await Promise.all([server.stop(), ann.event('exit'), bob.event('exit')]);
  for (const one of [ann, bob]) expect((await one.received('call_terminated')).term_code).toBe(200);
});

test.describe('with --keep-media', () => {
  test.use({ serverOptions: { flags: ['--keep-media'] } });

  test('sound and picture go on while control is away, and it takes the meeting over again', async ({
    joined,
    server
  }) => {
    test.slow();
    const { person: ann, document } = await joined('ann');
    const { person: bob } = await joined('bob');
    await ann.event('podium', e => e.videoSources.length === 2);
    await ann.data.until('data channel', told => told.way === 'open');
    const people = [ann, bob].map(person => ({
      person,
      cable: person.events.mark(),
      sepp: person.sepp.mark()
    }));
    const [control, ...workers] = server.processes();

    await server.stop({ leavesWorkers: true });
    for (const { person } of people) await person.keepsReceiving();
    await server.start();
    expect(server.processes()[0]).not.toBe(control);
    for (const { person, cable, sepp } of people) {
      await person.received('call_resumed', () => true, sepp);
      await person.event('reconnect', () => true, cable, 30_000);
      await person.keepsReceiving();
      expect(person.events.filter(e => e.type === 'error' || e.type === 'exit')).toEqual([]);
    }
    // The same meeting, with its old key, on the same worker.
    expect((await server.rest('GET', `/rooms/${document.access_key}`)).status).toBe(200);
    const mark = ann.events.mark();
    await bob.send({ type: 'change_stream', audio: true, video: false });
    await ann.event('podium', e => e.videoSources.length === 1, mark);
    await ann.send({ type: 'send_chat', content: 'still here' });
    await bob.event('chat', e => e.content === 'still here');
    await ann.send({ type: 'terminate_meeting' });
    for (const { person } of people) await person.event('exit');
    await eventually('the worker ends with its meeting', () => workers.every(worker => !running(worker)));
  });
});

test('ended at any moment, nothing is left behind', async ({ server }) => {
  for (let round = 0; round < 20; round++) {
    // The first request of a room takes the spare worker and has a new one started: one that has not said hello yet.
    await server.enter({ id: `room-${round}`, user: { name: 'Ann' } });
    await server.stop();
    await server.start();
  }
});
