// A receiver of webhooks that is as bad as receivers are: slow, failing, hanging up, or not there at all.
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './cable';
import { Journal } from './journal';

export interface Received {
  id: string;
  body: Json;
  signed: boolean;
}

export class Receiver {
  /** Receivers on this machine, in plain HTTP, are only for tests. */
  static readonly flags = ['--outbound-plain-http', 'true', '--outbound-allowed-networks', '127.0.0.0/8'];

  /** What it has acknowledged. */
  readonly accepted = new Journal<Received>('webhook receiver');
  misbehaves = true;
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly apiKey: string) {}

  async open(): Promise<string> {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', bytes => (text += bytes));
      request.on('end', async () => {
        const mood = this.misbehaves ? Math.random() : 1;
        if (mood < 0.1) return request.socket.resetAndDestroy();
        if (mood < 0.2) return response.writeHead(500).end();
        if (mood < 0.3) await new Promise(done => setTimeout(done, 2000 * Math.random()));
        const signature = createHmac('sha256', this.apiKey).update(text).digest('hex');
        this.accepted.add({
          id: String(request.headers['x-plenum-delivery']),
          body: JSON.parse(text) as Json,
          signed: request.headers['x-eyeson-signature'] === signature
        });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>(done => this.server!.listen(this.port, '127.0.0.1', done));
    this.port = (this.server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Nobody listens for a while. */
  async down(ms: number): Promise<void> {
    this.close();
    await new Promise(done => setTimeout(done, ms));
    await this.open();
  }

  close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }
}
