// An observer as programs write it: @anycable/core over `ws`. Prints one JSON object a line; commands come on stdin.
// usage: anycable.mjs URL {"protocol":…,"headers":{…},"auth":"token","since":seconds}
import { createInterface } from 'node:readline';
import { createCable } from '@anycable/core';
import WebSocket from 'ws';

const [url, wishes = '{}'] = process.argv.slice(2);
const { protocol = 'actioncable-v1-json', headers, auth, since } = JSON.parse(wishes);
const print = line => process.stdout.write(JSON.stringify(line) + '\n');

const cable = createCable(url, {
  protocol,
  websocketImplementation: WebSocket,
  ...(headers ? { websocketOptions: { headers } } : {}),
  ...(auth ? { websocketAuthStrategy: 'sub-protocol', auth: { token: auth } } : {}),
  ...(since === undefined ? {} : { historyTimestamp: since }),
  protocolOptions: { pongs: true },
  reconnectStrategy: () => 50,
  logLevel: 'error'
});
cable.on('connect', ({ reconnect }) => print({ cable: 'connect', reconnect }));
cable.on('disconnect', error => print({ cable: 'disconnect', reason: error?.reason }));
cable.on('close', error => print({ cable: 'close', reason: error?.reason }));
const channel = cable.subscribeTo('RoomChannel');
channel.on('connect', () => print({ channel: 'connect' }));
channel.on('disconnect', error => print({ channel: 'disconnect', reason: error?.reason }));
channel.on('close', error => print({ channel: 'close', reason: error?.reason }));
channel.on('info', info => print({ channel: 'info', info: info.type }));
channel.on('message', (message, meta) => print({ message, meta }));

createInterface({ input: process.stdin })
  .on('line', command => {
    if (command === 'drop') cable.transport.ws?.terminate(); // as a broken network would
    if (command === 'end') cable.disconnect();
  })
  .on('close', () => process.exit(0));
