// Drives Firefox from inside its own network namespace: serves the bare page there (devices need a secure origin),
// opens it by WebDriver BiDi, and passes calls and events over standard input and output, one JSON object a line:
//   in   {"id": 1, "method": "patches", "args": [...]}     a method of window.probe, or pulse.since
//   out  {"id": 1, "value": …} or {"id": 1, "error": "…"},   {"note": ["event", {…}]},   {"ready": true}
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

const require = createRequire(import.meta.url);
const page = new URL('../page/', import.meta.url);
const files = {
  '/': ['text/html; charset=utf-8', new URL('conformance.html', page)],
  '/probe.js': ['text/javascript', new URL('probe.js', page)],
  '/clip.js': ['text/javascript', new URL('clip.js', page)],
  '/pulse.js': ['text/javascript', new URL('pulse.js', page)],
  '/eyeson.js': ['text/javascript', require.resolve('eyeson/dist/eyeson.js')]
};
const say = message => process.stdout.write(`${JSON.stringify(message)}\n`);

const site = createServer((request, response) => {
  const file = files[request.url];
  if (!file) return void response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': file[0] }).end(readFileSync(file[1]));
});
await new Promise(done => site.listen(0, '127.0.0.1', done));

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
  headless: true,
  protocol: 'webDriverBiDi',
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.autoplay.default': 0
  }
});
const tab = await browser.newPage();
tab.on('pageerror', error => say({ note: ['event', { type: 'probe_exception', message: String(error) }] }));
await tab.exposeFunction('note', (kind, entry) => say({ note: [kind, entry] }));
await tab.goto(`http://127.0.0.1:${site.address().port}/`);
say({ ready: true, version: await browser.version() });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, args } = JSON.parse(line);
  try {
    const [object, name] = method.includes('.') ? method.split('.') : ['probe', method];
    say({ id, value: await tab.evaluate((o, m, a) => window[o][m](...a), object, name, args) });
  } catch (error) {
    say({ id, error: String(error) });
  }
}
await browser.close();
site.close();
