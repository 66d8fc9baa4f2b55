// One browser context, one answering page and one fake server per test.
import assert from 'node:assert/strict';
import { launch } from './browser.mjs';
import { installAnswerer } from './fake-media.mjs';
import { startFakeServer } from './fake-server.mjs';

const browser = await launch([
  '--autoplay-policy=no-user-gesture-required',
  '--auto-select-desktop-capture-source=Entire screen',
  '--allow-loopback-in-peer-connection'
]);
const wanted = process.argv.slice(2);
let failures = 0;
let count = 0;

export async function test(name, body, options = {}) {
  if (wanted.length > 0 && !wanted.some(w => name.includes(w))) return;
  count++;
  const context = await browser.newContext({
    permissions: options.permissions ?? ['camera', 'microphone', 'clipboard-write']
  });
  const mcu = await context.newPage();
  await mcu.goto('about:blank');
  await mcu.evaluate(installAnswerer);
  const server = await startFakeServer({
    answer: (id, sdp) => mcu.evaluate(([i, s]) => window.answer(i, s), [id, sdp])
  });
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', e => problems.push(e.message));
  page.on('console', m => /Content Security Policy|violates/i.test(m.text()) && problems.push(m.text()));
  const is = s => page.waitForSelector(`body[data-state="${s}"]`, { timeout: 15000 });
  const id = s => page.locator(`[data-testid="${s}"]`);
  const eventually = async (what, ok) => {
    for (let i = 0; i < 100; i++) {
      if (await ok()) return;
      await new Promise(r => setTimeout(r, 100));
    }
    throw new Error(`never: ${what}\n${server.state.log.slice(-12).join('\n')}`);
  };
  const logged = entry => eventually(entry, () => server.state.log.includes(entry));
  // Not page.waitForFunction: it evaluates strings in the page, which the CSP forbids.
  const picture = () =>
    eventually('picture', () => page.evaluate(() => document.getElementById('picture').videoWidth > 0));
  const join = async () => {
    await page.goto(`${server.base}/?KEYANN`);
    await id('join').click();
    await is('in-call');
    await picture();
  };
  try {
    await body({ page, mcu, server, is, id, eventually, logged, join, picture });
    assert.deepEqual(
      problems.filter(p => !options.allow?.test(p)),
      []
    );
    console.log(`ok    ${name}`);
  } catch (error) {
    failures++;
    console.log(`FAIL  ${name}\n${error.stack}\n${problems.join('\n')}`);
    await page.screenshot({ path: `shots/failed-${count}.png` }).catch(() => undefined);
  }
  server.close();
  await context.close();
}

export async function done() {
  await browser.close();
  console.log(`${count - failures} of ${count} passed`);
  process.exit(failures ? 1 : 0);
}
