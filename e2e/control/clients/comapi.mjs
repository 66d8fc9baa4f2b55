// The REST half of the npm package `eyeson`, unmodified, in Node. Each line of stdin is [token, method, …arguments];
// each line of stdout is {"result":…} or {"error":…}. Errors that the library swallows arrive as {"failed":…}.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [uri] = process.argv.slice(2);
if (!globalThis.File) globalThis.File = class extends Blob {}; // Node 18
// The sources are modules, but their package.json does not say so.
const copy = mkdtempSync(join(tmpdir(), 'comapi-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
cpSync(join(dirname(createRequire(import.meta.url).resolve('eyeson/package.json')), 'src'), copy, { recursive: true });
writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
const { default: ComApi } = await import(pathToFileURL(join(copy, 'ComApi.js')));

console.error = () => {}; // it logs every refusal
const print = line => process.stdout.write(JSON.stringify(line) + '\n');
const told = error => ({ error: error?.status ?? String(error) });
// These hand their result to a callback.
const callbacks = new Set(['getRoom', 'getUser', 'requestUser', 'getSnapshot', 'startPlayback', 'startPresentation',
  'requestPermalinkMeetingInfo', 'joinPermalinkUser']);

async function call(token, method, ...given) {
  const api = new ComApi(uri, token);
  let failed;
  api.onError(error => (failed = error));
  let result;
  if (callbacks.has(method)) {
    await api[method](...given, answer => (result = answer));
    if (result?.error) return told(result.error);
  } else {
    result = await api[method](...given);
  }
  return failed ? told(failed) : { result: result ?? null };
}

for await (const line of createInterface({ input: process.stdin })) {
  print(await call(...JSON.parse(line)).catch(told));
}
process.exit(0);
