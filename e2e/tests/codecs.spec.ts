// What a real encoder makes of VP9 and AV1 arrives in the picture. Such a sender offers nothing else, so it gets none.
import { expect, test } from '../lib/fixtures';
import { plainPlaces } from '../lib/person';

for (const codec of ['VP9', 'AV1']) {
  test(`a browser that sends ${codec}: the other sees it`, async ({ joined }) => {
    test.slow();
    const { person: bob } = await joined('bob');
    const { person: ann } = await joined('ann', {
      join: { audio: true, video: true, videoCodec: `video/${codec}` }
    });
    await bob.event('podium', e => e.videoSources.length === 2);
    await bob.sees(ann.look.colour, plainPlaces({ x: 640, y: 0, w: 640, h: 960 }), 'Ann');
    await bob.sees(bob.look.colour, plainPlaces({ x: 0, y: 0, w: 640, h: 960 }), 'himself');
    expect((await ann.stats()).codecOut).toBe(`video/${codec}`);
    expect((await bob.stats()).codecIn).toBe('video/VP8');
    await bob.keepsReceiving();
  });
}
