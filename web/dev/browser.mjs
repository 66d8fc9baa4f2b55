// Starts Debian's Chromium for the scripts of this folder. playwright-core comes from ../e2e (or from the
// folder in PLAYWRIGHT_FROM), so that the page itself does not have to install it.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const from = process.env.PLAYWRIGHT_FROM ?? fileURLToPath(new URL('../../e2e', import.meta.url));
const require = createRequire(resolve(from, 'package.json'));

export function launch(extra = []) {
  const { chromium } = require('playwright-core');
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      ...extra
    ]
  });
}
