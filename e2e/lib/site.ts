// Serves the bare conformance page from another origin than the API, as an application of its own would be.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const page = join(__dirname, '../page');
const files: Record<string, [type: string, path: string]> = {
  '/': ['text/html; charset=utf-8', join(page, 'conformance.html')],
  '/probe.js': ['text/javascript', join(page, 'probe.js')],
  '/clip.js': ['text/javascript', join(page, 'clip.js')],
  '/pulse.js': ['text/javascript', join(page, 'pulse.js')],
  '/watcher.js': ['text/javascript', join(page, 'watcher.js')],
  '/eyeson.js': ['text/javascript', require.resolve('eyeson/dist/eyeson.js')]
};

export class Site {
  private constructor(private readonly server: Server) {}

  static async open(): Promise<Site> {
    const server = createServer((request, response) => {
      const file = files[request.url ?? ''];
      if (!file) return void response.writeHead(404).end();
      response.writeHead(200, { 'Content-Type': file[0] }).end(readFileSync(file[1]));
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return new Site(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
