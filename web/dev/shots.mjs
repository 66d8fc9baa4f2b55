// Screenshots of every state, at a laptop's and a phone's size:  npm run shots [-- OUT_DIR [STATE…]]
// Uses the demo states of the development server (src/demo); see README.md.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { launch } from './browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [out = resolve(root, 'shots'), ...wanted] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

const server = await createServer({ root, logLevel: 'error' });
await server.listen();
const base = `http://127.0.0.1:${server.config.server.port}/`;
const browser = await launch(['--autoplay-policy=no-user-gesture-required']);
const { demoStates } = await server.ssrLoadModule('/src/demo/states.ts');
const problems = [];

// States that need a press or two: [demo state, test ids to click].
const poses = {
  settings: ['call', 'settings'],
  'leave-menu': ['call', 'leave-menu'],
  'end-dialog': ['call', 'leave-menu', 'end'],
  'name-missing': ['guest', 'join'],
  blocked: ['prejoin']
};
const blockDevices = () => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
};

for (const [size, viewport] of Object.entries({
  wide: { width: 1280, height: 800 },
  phone: { width: 360, height: 740 }
})) {
  const page = await browser.newPage({ viewport, reducedMotion: 'reduce', hasTouch: size === 'phone' });
  page.on('console', m => m.type() === 'error' && problems.push(`${page.url()} ${m.text()}`));
  page.on('pageerror', e => problems.push(`${page.url()} ${e.message}`));
  for (const name of Object.keys(demoStates).filter(n => wanted.length === 0 || wanted.includes(n))) {
    await page.goto(`${base}?demo=${name}`);
    await page.waitForSelector('body:not([data-state=loading])');
    await page.waitForTimeout(1200);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (overflow) problems.push(`${name} ${size}: wider than the screen`);
    await page.screenshot({ path: `${out}/${name}-${size}.png` });
  }
  for (const [name, [demo, ...clicks]] of Object.entries(poses).filter(
    ([n]) => wanted.length === 0 || wanted.includes(n)
  )) {
    if (name === 'blocked') await page.addInitScript(blockDevices);
    await page.goto(`${base}?demo=${demo}`);
    for (const click of clicks) await page.locator(`[data-testid="${click}"]`).click();
    await page.waitForTimeout(900);
    await page.screenshot({ path: `${out}/${name}-${size}.png` });
  }
  await page.close();
}
await browser.close();
await server.close();
if (problems.length > 0) {
  console.error([...new Set(problems)].join('\n'));
  process.exit(1);
}
