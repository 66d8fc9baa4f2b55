// Websocket clients that are no browsers: readers of /rt (people and observers) and callers of /call.
import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';
import { Journal } from './journal';
import type { Plenum, RoomDocument } from './plenum';

// What a server sends is judged by the tests, not by types.
export type Json = Record<string, any>;

export const roomChannel = '{"channel":"RoomChannel"}';

export interface Opening {
  headers?: Record<string, string> | undefined;
  protocols?: string[];
}

class Client {
  readonly closed: Promise<{ code: number; reason: string }>;

  protected constructor(
    protected readonly socket: WebSocket,
    readonly received: Journal<Json>
  ) {
    this.closed = new Promise(done =>
      socket.once('close', (code, why) => done({ code, reason: String(why) }))
    );
  }

  get subprotocol(): string {
    return this.socket.protocol;
  }

  sendText(text: string): void {
    this.socket.send(text);
  }

  close(): void {
    this.socket.terminate();
  }
}

/** Resolves with the open socket, or with the HTTP status of the refusal. The first message may come at once. */
function open(
  url: string,
  { headers = {}, protocols = [] }: Opening,
  received: Journal<Json>
): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { headers });
    socket.on('message', data => received.add(JSON.parse(String(data)) as Json));
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

export class Cable extends Client {
  static async open(url: string, opening: Opening = {}): Promise<Cable> {
    const received = new Journal<Json>('cable');
    const socket = await open(url, opening, received);
    if (typeof socket === 'number') throw new Error(`${url}: refused with ${socket}`);
    return new Cable(socket, received);
  }

  static observe(server: Plenum, room: string, opening: Opening = {}): Promise<Cable> {
    return Cable.open(`${server.url}/rt?room_id=${room}`, {
      headers: { Authorization: server.apiKey },
      ...opening
    });
  }

  send(frame: Json): void {
    this.sendText(JSON.stringify(frame));
  }

  async subscribe(identifier = roomChannel): Promise<void> {
    this.send({ command: 'subscribe', identifier });
    await this.received.until(
      'confirmation',
      frame => frame.type === 'confirm_subscription' && frame.identifier === identifier
    );
  }

  message(type: string, match: (message: Json) => boolean = () => true, after = 0): Promise<Json> {
    return this.received
      .until(type, frame => frame.message?.type === type && match(frame.message as Json), { after })
      .then(frame => frame.message as Json);
  }
}

export class Caller extends Client {
  private constructor(
    socket: WebSocket,
    received: Journal<Json>,
    private readonly client: string,
    private readonly conference: string
  ) {
    super(socket, received);
  }

  static async open(document: RoomDocument, as: 'query' | 'header' = 'query'): Promise<Caller> {
    const { endpoint, auth_token, client_id, conf_id } = document.signaling.options;
    const query = as === 'query' ? `?auth_token=${auth_token}` : '';
    const headers = as === 'query' ? undefined : { Authorization: `Bearer ${auth_token}` };
    const received = new Journal<Json>('caller');
    const socket = await open(endpoint + query, { headers }, received);
    if (typeof socket === 'number') throw new Error(`${endpoint}: refused with ${socket}`);
    return new Caller(socket, received, client_id, conf_id);
  }

  /** The HTTP status of the refusal, or 101. */
  static async knock(endpoint: string, token: string): Promise<number> {
    const socket = await open(`${endpoint}?auth_token=${token}`, {}, new Journal<Json>('knock'));
    if (typeof socket === 'number') return socket;
    socket.terminate();
    return 101;
  }

  send(type: string, data: Json, envelope: Json = {}): void {
    this.sendText(
      JSON.stringify({
        type,
        msg_id: randomUUID(),
        from: this.client,
        to: this.conference,
        data,
        ...envelope
      })
    );
  }

  message(type: string, match: (data: Json) => boolean = () => true, after = 0): Promise<Json> {
    return this.received
      .until(type, frame => frame.type === type && match(frame.data as Json), { after })
      .then(frame => frame.data as Json);
  }
}
