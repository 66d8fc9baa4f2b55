// What a user would write: a Node server with `ws` that tells every event to all its websockets, with the frames and
// pings of ActionCable, and nothing else (no store, no rooms). For `./dev bench events`.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const { WebSocketServer } = createRequire(resolve('e2e/package.json'))('ws');

const identifier = '{"channel":"RoomChannel"}';
const server = createServer((request, response) => {
  let body = '';
  request.on('data', bytes => (body += bytes));
  request.on('end', () => {
    const { type, content } = JSON.parse(body);
    const message = { type, content, cid: '67d2febd7a286f59a7643886', user_id: 'ann', created_at: new Date().toISOString() };
    const text = JSON.stringify({ identifier, message });
    for (const client of sockets.clients) client.send(text);
    response.writeHead(201, { 'Content-Length': 0 }).end();
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', socket => {
  socket.send('{"type":"welcome"}');
  socket.on('message', () => socket.send(JSON.stringify({ identifier, type: 'confirm_subscription' })));
});
setInterval(() => {
  const ping = JSON.stringify({ type: 'ping', message: Math.floor(Date.now() / 1000) });
  for (const client of sockets.clients) client.send(ping);
}, 3000);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
