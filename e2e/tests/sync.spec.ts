// Sound and picture of one person arrive together: a flash and a beep of the same instant, through the server.
import { expect, test } from '../lib/fixtures';
import { patience } from '../lib/patience';

const allowed = patience > 1 ? 120 : 80; // ms
const flashes = 10;

const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

test('flash and beep stay together', async ({ joined }, info) => {
  test.slow();
  await joined('ann', { join: { audio: true, video: true, clip: true } });
  const { person: bob } = await joined('bob', { join: { audio: true, video: false } });
  await bob.event('probe_picture', e => e.width === 1280);
  const seen = await bob.page.evaluate(
    count => window.clip.watch({ x: 620, y: 470, w: 40, h: 40 }, count),
    flashes
  );
  // What the measurement itself adds: the same clip over a direct connection inside the page.
  const reference = await bob.page.evaluate(count => window.clip.reference(count), flashes);
  const offset = median(seen) - median(reference);
  info.annotations.push({
    type: 'picture after sound, ms',
    description: `${offset} (measured ${seen.join(' ')}; without a server ${reference.join(' ')})`
  });
  expect(Math.abs(offset)).toBeLessThanOrEqual(allowed);
});
