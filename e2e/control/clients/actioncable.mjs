// An observer with the client of Rails, over `ws`. Prints one JSON object a line; commands come on stdin.
// usage: actioncable.mjs URL {"headers":{…},"subprotocols":[…]}
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [url, wishes = '{}'] = process.argv.slice(2);
const { headers = {}, subprotocols = [] } = JSON.parse(wishes);
const print = line => process.stdout.write(JSON.stringify(line) + '\n');

// What the library takes for granted of a browser.
Object.assign(globalThis, {
  addEventListener: () => {},
  removeEventListener: () => {},
  document: { visibilityState: 'visible' },
  self: globalThis
});
const { adapters, createConsumer } = await import('@rails/actioncable').then(module => module.default ?? module);
let socket;
adapters.WebSocket = class extends WebSocket {
  constructor(to, protocols) {
    super(to, protocols, { headers });
    socket = this;
    this.on('open', () => print({ socket: 'open', protocol: this.protocol }));
    this.on('error', error => print({ socket: 'error', error: String(error) }));
    this.on('close', code => print({ socket: 'close', code }));
    this.on('message', data => print({ frame: JSON.parse(String(data)) }));
  }
};

const consumer = createConsumer(url);
for (const subprotocol of subprotocols) consumer.addSubProtocol(subprotocol);
consumer.subscriptions.create('RoomChannel', {
  connected: ({ reconnected }) => print({ channel: 'connected', reconnected: !!reconnected }),
  disconnected: ({ willAttemptReconnect }) => print({ channel: 'disconnected', willAttemptReconnect }),
  rejected: () => print({ channel: 'rejected' }),
  received: message => print({ message })
});

createInterface({ input: process.stdin })
  .on('line', command => {
    if (command === 'drop') socket?.terminate();
  })
  .on('close', () => process.exit(0));
