// Observers of many rooms in one process, speaking AnyCable's extended protocol over `ws`: each loses its connection
// every two seconds or so, and resumes. (@anycable/core itself, in resume.spec, gives a subscription up for good when
// it breaks at an unlucky moment; here only the server is to be judged.) Says {"room","message","epoch","offset"} for
// what it hears, {"room","problem"} for what must not happen. Commands on stdin: "calm" ends the drops.
// usage: chaos_observers.mjs URL KEY {"rooms":[…],"every":ms}
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const [url, key, wishes] = process.argv.slice(2);
const { rooms, every } = JSON.parse(wishes);
const identifier = '{"channel":"RoomChannel"}';
const print = line => process.stdout.write(JSON.stringify(line) + '\n');
let calm = false;

function observe(room) {
  const streams = {}; // how far it is
  const connect = () => {
    const socket = new WebSocket(`${url}/rt?room_id=${room}`, ['actioncable-v1-ext-json'], {
      headers: { Authorization: key }
    });
    const drop = setTimeout(() => !calm && socket.terminate(), every * (0.75 + Math.random() / 2));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(drop);
      setTimeout(connect, 50 + 100 * Math.random());
    });
    socket.on('message', data => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'welcome') {
        const known = Object.keys(streams).length > 0;
        socket.send(JSON.stringify({ command: 'subscribe', identifier, ...(known ? { history: { streams } } : {}) }));
      } else if (frame.message && !frame.type) {
        const { message, stream_id, epoch, offset } = frame;
        streams[stream_id] = { epoch, offset };
        print({ room, message, epoch, offset });
      } else if (!['ping', 'confirm_subscription', 'confirm_history'].includes(frame.type)) {
        print({ room, problem: frame });
      }
    });
  };
  connect();
}
for (const room of rooms) observe(room);

createInterface({ input: process.stdin })
  .on('line', command => (calm ||= command === 'calm'))
  .on('close', () => process.exit(0));
