// A TCP relay in front of the server whose connections can be cut, as a network would: without a goodbye.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export class Wire {
  /** First line of the request → the sockets that carry it. */
  private readonly connections = new Map<Socket, { request: string; onward: Socket }>();

  private constructor(private readonly server: Server) {}

  static async to(port: number, host = '127.0.0.1'): Promise<Wire> {
    const server = createServer();
    const wire = new Wire(server);
    server.on('connection', socket => wire.relay(socket, connect(port, host)));
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection that was opened for this path; returns how many. */
  cut(path: string): number {
    const doomed = [...this.connections].filter(([, { request }]) => request.startsWith(`GET ${path}`));
    for (const [socket, { onward }] of doomed) {
      socket.resetAndDestroy();
      onward.resetAndDestroy();
    }
    return doomed.length;
  }

  close(): void {
    for (const [socket, { onward }] of this.connections) {
      socket.destroy();
      onward.destroy();
    }
    this.server.close();
  }

  private relay(socket: Socket, onward: Socket): void {
    const connection = { request: '', onward };
    this.connections.set(socket, connection);
    socket.once('data', first => (connection.request = first.toString('latin1').split('\r\n', 1)[0] ?? ''));
    const end = () => {
      this.connections.delete(socket);
      socket.destroy();
      onward.destroy();
    };
    for (const side of [socket, onward]) side.setNoDelay(true).on('error', end).on('close', end);
    socket.pipe(onward);
    onward.pipe(socket);
  }
}
