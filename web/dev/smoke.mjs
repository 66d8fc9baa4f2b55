// Runs the built page (npm run build first) with the unmodified library in Chromium against dev/fake-server.mjs:
//   npm run smoke [-- NAME…]
import assert from 'node:assert/strict';
import { done, test } from './harness.mjs';

await test('landing and help make no request', async ({ page, server, is }) => {
  await page.goto(`${server.base}/`);
  await is('landing');
  await page.click('text=How to start a meeting');
  await page.waitForSelector('h1:has-text("How to meet")');
  assert.deepEqual(server.state.log, []);
});

await test('join, chat, people, voice', async ({ page, server, id, eventually, join }) => {
  await join();
  await id('chat-toggle').click();
  await id('chat-input').fill('hello <b>there</b>');
  await page.keyboard.press('Enter');
  await eventually('own line', async () => (await id('chat-log').innerText()).includes('hello <b>there</b>'));
  await id('participants-toggle').click();
  await eventually('two people', async () => (await id('participant').count()) === 2);
  server.sendAll('voice_activity', { cid: 'c9', on: true });
  await page.waitForSelector('[data-cid="c9"][data-talking="true"]');
  server.broadcast({ type: 'chat', content: 'hi', cid: 'c9', created_at: new Date().toISOString() });
  await page.waitForSelector('[data-testid="chat-toggle"] .count:has-text("1")');
});

await test('microphone, camera and keys', async ({ page, mcu, id, eventually, logged, join }) => {
  await join();
  await logged('mute_video false');
  await id('camera').click();
  await logged('mute_video true');
  await eventually('camera settled', async () => (await id('camera').getAttribute('aria-busy')) === null);
  await page.keyboard.press('v');
  await eventually('camera on', async () => (await id('camera').getAttribute('aria-pressed')) === 'true');
  await eventually('camera settled', async () => (await id('camera').getAttribute('aria-busy')) === null);
  const energy = () =>
    mcu.evaluate(async () => {
      const stats = [...(await [...window.peers.values()].at(-1).getStats()).values()];
      return stats.find(s => s.type === 'inbound-rtp' && s.kind === 'audio')?.totalAudioEnergy ?? 0;
    });
  await eventually('sound arrives', async () => (await energy()) > 0);
  await page.keyboard.press('m');
  assert.equal(await id('mic').getAttribute('aria-pressed'), 'false');
  await new Promise(r => setTimeout(r, 1500));
  const before = await energy();
  await new Promise(r => setTimeout(r, 1500));
  assert.ok((await energy()) - before < 1e-6, 'a muted microphone sends silence');
  await page.keyboard.press('c');
  await id('chat-input').pressSequentially('mmm');
  assert.equal(await id('mic').getAttribute('aria-pressed'), 'false', 'typing does not toggle');
});

await test('screen share', async ({ page, id, eventually, logged, join, server }) => {
  await join();
  await id('share').click();
  await logged('POST /rooms/KEYANN/presentation');
  await eventually('sharing', async () => (await id('share').getAttribute('aria-pressed')) === 'true');
  await page.waitForSelector('text=You are sharing your screen');
  await id('share').click();
  await logged('DELETE /rooms/KEYANN/presentation');
  await eventually('off', async () => (await id('share').getAttribute('aria-pressed')) === 'false');
  await eventually('camera back', async () => (await id('camera').getAttribute('aria-busy')) === null);
  assert.equal(server.state.log.filter(l => l === 'mute_video false').length, 2);
});

await test('reconnects of both websockets', async ({ page, server, is, id, eventually, logged, join }) => {
  await join();
  server.state.cables.forEach(ws => ws.terminate());
  await is('reconnecting');
  await id('reconnecting').waitFor();
  await is('in-call');
  [...server.state.calls.values()][0].ws.terminate();
  await logged('call_resume');
  await page.waitForTimeout(500);
  await is('in-call');
  await eventually('still two', async () => server.state.calls.size === 1);
});

await test('joins again by itself when the media path dies', async ({ mcu, server, is, join, page }) => {
  await join();
  await mcu.evaluate(() => window.peers.forEach(pc => pc.close()));
  await page.waitForSelector('body[data-state="reconnecting"]', { timeout: 30000 });
  await page.waitForSelector('body[data-state="in-call"]', { timeout: 40000 });
  assert.equal(server.state.log.filter(l => l === 'call_start').length, 2);
});

await test('leave and rejoin', async ({ server, is, id, join, logged, eventually }) => {
  await join();
  await id('leave').click();
  await is('ended');
  await logged('call_terminate');
  await eventually('room websocket closed', () => server.state.cables.size === 0);
  await id('rejoin').click();
  await is('in-call');
});

await test('end for all', async ({ page, is, id, join, logged }) => {
  await join();
  await id('leave-menu').click();
  await id('end').click();
  await id('end-confirm').click();
  await is('ended');
  await logged('DELETE /rooms/KEYANN');
  await page.waitForSelector('h1:has-text("You ended the meeting")');
});

await test('ended by the server: over or out', async ({ page, server, is, join }) => {
  await join();
  server.sendAll('call_terminated', { term_code: 200 });
  await is('ended');
  await page.waitForSelector('h1:has-text("no longer in the meeting")');
});

await test('guest: name, join, reload keeps the place', async ({ page, server, is, id }) => {
  await page.goto(`${server.base}/?guest=GUEST`);
  await id('join').click();
  await page.waitForSelector('#name-missing');
  await id('name').fill('Gwen');
  await id('join').click();
  await is('in-call');
  assert.equal(await id('leave-menu').count(), 0);
  await page.reload();
  await page.waitForSelector('text=You join as Gwen.');
  assert.equal(server.state.log.filter(l => l === 'POST /guests/GUEST').length, 1);
});

await test('guest: locked', async ({ page, server, is, id }) => {
  server.state.lockGuests = true;
  await page.goto(`${server.base}/?guest=GUEST`);
  await id('name').fill('Gwen');
  await id('join').click();
  await is('error');
  await page.waitForSelector('h1:has-text("locked")');
});

for (const [code, words] of [
  [607, 'locked'],
  [403, 'already in this meeting'],
  [500, 'broke on the server'],
  [503, 'busy or restarting'],
  [410, 'lost the meeting'],
  [426, 'cannot get through']
]) {
  await test(`rejected with ${code}`, async ({ page, server, is, id }) => {
    server.state.rejectWith = code;
    await page.goto(`${server.base}/?KEYANN`);
    await id('join').click();
    await is('error');
    await page.waitForSelector(`h1:has-text("${words}")`);
  });
}

await test('links that lead nowhere', async ({ page, server, is }) => {
  await page.goto(`${server.base}/?NOBODY`);
  await is('error');
  await page.waitForSelector('h1:has-text("leads nowhere")');
  server.state.over = true;
  await page.goto(`${server.base}/?KEYANN`);
  await page.waitForSelector('h1:has-text("has ended")');
});

await test(
  'cancel while joining leaves nothing behind',
  async ({ page, server, is, id, eventually }) => {
    server.state.ready = false;
    await page.goto(`${server.base}/?KEYANN`);
    await id('join').click();
    await is('joining');
    await eventually('cable', () => server.state.cables.size === 1);
    await id('cancel').click();
    await is('prejoin');
    await eventually('cable closed', () => server.state.cables.size === 0);
    server.state.ready = true;
    await page.evaluate(() => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      window.tracks = [];
      navigator.mediaDevices.getUserMedia = async c => {
        await new Promise(r => setTimeout(r, 1500));
        const stream = await real(c);
        window.tracks.push(...stream.getTracks());
        return stream;
      };
    });
    await id('join').click();
    await page.waitForTimeout(700);
    await id('cancel').click();
    await is('prejoin');
    await page.waitForTimeout(4500);
    const live = await page.evaluate(() => window.tracks.filter(t => t.readyState === 'live').length);
    assert.equal(live, 2, 'only the preview is open');
    assert.ok(!server.state.log.includes('call_start'));
  },
  { allow: /left before it began/ }
);

await test('join to listen without devices', async ({ page, server, is, id, eventually, picture }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await page.goto(`${server.base}/?KEYANN`);
  await page.waitForSelector('text=Join to listen');
  await id('join').click();
  await is('in-call');
  await picture();
  await eventually('muted', () => server.state.log.includes('mute_video true'));
  assert.equal(await id('mic').getAttribute('aria-pressed'), 'false');
});

await test('keyboard only', async ({ page, server, is, id, eventually }) => {
  await page.goto(`${server.base}/?KEYANN`);
  await page.waitForSelector('h1:has-text("Daily sync")');
  for (
    let i = 0;
    i < 12 && (await page.evaluate(() => document.activeElement?.dataset.testid)) !== 'join';
    i++
  )
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await is('in-call');
  const focused = () =>
    page.evaluate(() => document.activeElement?.dataset.testid ?? document.activeElement?.tagName);
  assert.equal(await focused(), 'H1');
  await id('chat-toggle').focus();
  await page.keyboard.press('Enter');
  await eventually('composer focused', async () => (await focused()) === 'chat-input');
  await page.keyboard.press('Escape');
  await eventually('focus back', async () => (await focused()) === 'chat-toggle');
  await id('leave-menu').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await eventually('menu', async () => (await focused()) === 'end');
  await page.keyboard.press('Enter');
  await id('end-dialog').waitFor();
  await page.keyboard.press('m');
  assert.equal(await id('mic').getAttribute('aria-pressed'), 'true', 'no keys behind a dialog');
  await page.keyboard.press('Escape');
  await id('end-dialog').waitFor({ state: 'detached' });
  await is('in-call');
});

await test('asks for a click when the browser holds back the sound', async ({ page, id, join }) => {
  await page.addInitScript(() => {
    const real = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
      return this.muted || window.allowed
        ? real.call(this)
        : Promise.reject(new DOMException('no', 'NotAllowedError'));
    };
  });
  await join();
  await id('hear').waitFor();
  assert.equal(await page.evaluate(() => document.getElementById('picture').muted), true);
  await page.evaluate(() => (window.allowed = true));
  await id('hear').click();
  await id('hear').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.getElementById('picture').muted), false);
});

await test('devices can be changed in the call and are remembered', async ({
  page,
  id,
  eventually,
  logged,
  join,
  server
}) => {
  await join();
  await logged('mute_video false');
  await id('settings').click();
  const options = await id('choose-audioinput')
    .locator('option')
    .evaluateAll(all => all.map(o => o.value));
  assert.ok(options.length > 1);
  await id('choose-audioinput').selectOption(options[1]);
  await eventually('opened anew', () => server.state.log.filter(l => l === 'mute_video false').length === 2);
  assert.equal(await page.evaluate(() => JSON.parse(localStorage.getItem('eyeson.audioId'))), options[1]);
});

await test('permalink', async ({ page, server, is, id }) => {
  await page.goto(`${server.base}/permalink?PERMA`);
  await id('join').click();
  await is('in-call');
});

await test('signs and lock', async ({ page, server, id, join }) => {
  await join();
  await id('participants-toggle').click();
  await id('invite').click();
  await page.waitForSelector('text=Guest link copied');
  await id('lock').click();
  await id('locked').waitFor();
  server.broadcast({
    type: 'recording_update',
    recording: { id: 'r', created_at: 1, duration: null, links: {}, user: {}, room: {} }
  });
  await id('recording').waitFor();
});

await done();
