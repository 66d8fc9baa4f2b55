// Sound and picture of one person arrive together: a flash and a beep of the same instant, through the server.
//
// Both are timed in the pages when a frame and a block of sound pass, at Ann before they are encoded and at Bob after
// they are decoded; between two pages without a server this measures 0 to 5 ms once the browser has aligned them.
import { eventually, expect, test } from '../lib/fixtures';
import { patience } from '../lib/patience';
import type { Person } from '../lib/person';

const allowed = patience > 1 ? 120 : 80; // ms
const flashes = 12;

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

function watch({ page }: Person, which: 'own' | 'remote', width: number, height: number): Promise<number[]> {
  const middle = { x: width / 2 - 8, y: height / 2 - 8, w: 16, h: 16 };
  return page.evaluate(([side, area, count]) => window.clip.watch(side, area, count), [
    which,
    middle,
    flashes
  ] as const);
}

test('flash and beep stay together', async ({ joined }, info) => {
  test.slow();
  const { person: ann } = await joined('ann', { join: { audio: true, video: true, clip: true } });
  const { person: bob } = await joined('bob', { join: { audio: true, video: false } });
  await bob.event('probe_picture', e => e.width === 1280);
  const believed = () => bob.page.evaluate(() => window.clip.belief());
  await eventually('Bob knows the clocks of both streams', async () => (await believed()) !== null);

  const [sent, got] = await Promise.all([watch(ann, 'own', 640, 480), watch(bob, 'remote', 1280, 960)]);
  const late = median(got) - median(sent);
  info.annotations.push({
    type: 'picture after sound, ms',
    description: `${late} (the browser believes ${await believed()}; sent ${sent.join(' ')}; arrived ${got.join(' ')})`
  });
  expect(Math.abs(late)).toBeLessThanOrEqual(allowed);
});
