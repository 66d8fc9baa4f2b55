// Just enough of a meeting server to run the built page against the unmodified library: static files with the real
// CSP, the few REST calls, the room websocket and SEPP. Media is answered by a second browser page (fake-media.mjs).
// For tests of this page only; it checks nothing and keeps everything in memory.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const root = fileURLToPath(new URL('..', import.meta.url));
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain'
};
const channel = '{"channel":"RoomChannel"}';
const formField = (body, name) =>
  new RegExp(`name="${name}"\\r\\n\\r\\n([^]*?)\\r\\n--`).exec(body)?.[1] ?? '';
const part = o => Buffer.from(JSON.stringify(o)).toString('base64url');

function json(res, status, body) {
  res.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
  res.end(body === undefined ? '' : JSON.stringify(body));
}

class FakeServer {
  base = '';
  state = {
    users: new Map(),
    cables: new Set(),
    calls: new Map(),
    log: [],
    lockGuests: false,
    over: false,
    rejectWith: 0,
    ready: true
  };

  /** answer(id, offerSdp) gives the answer's SDP. */
  constructor(answer, csp) {
    this.answer = answer;
    this.csp = csp;
    this.server = createServer((req, res) => {
      const path = new URL(req.url, 'http://x').pathname;
      void (/^\/(rooms|guests|permalink)\//.test(path) ? this.rest(req, res, path) : this.file(res, path));
    });
    const pick = set => (set.has('actioncable-v1-json') ? 'actioncable-v1-json' : false);
    const wss = new WebSocketServer({ noServer: true, handleProtocols: pick });
    this.server.on('upgrade', (req, socket, head) =>
      wss.handleUpgrade(req, socket, head, ws => this.websocket(ws, new URL(req.url, 'http://x')))
    );
    this.addUser('KEYANN', 'Ann');
  }

  close() {
    this.server.close();
  }

  addUser(key, name, guest = false) {
    this.state.users.set(key, { cid: `c${this.state.users.size + 1}`, name, guest });
  }

  /** To everybody on the room websocket. */
  broadcast(message) {
    this.state.cables.forEach(c => c.send(JSON.stringify({ identifier: channel, message })));
  }

  /** To everybody on SEPP. */
  sendAll(type, data) {
    this.state.calls.forEach(call => call.say(type, { call_id: call.id, ...data }));
  }

  podium(presenter) {
    const src = [...this.state.calls.keys()];
    const visible = presenter ? [presenter] : src;
    const vsrc = visible.map(v => src.indexOf(v));
    const dims = visible.map((_, i) => ({ x: i * 640, y: 0, w: 640, h: 960 }));
    const who = presenter ? { psrc: vsrc[0], dsrc: vsrc[0] } : {};
    this.sendAll('source_update', {
      src,
      asrc: src.map((_, i) => i),
      vsrc,
      dims,
      l: 0,
      bcast: false,
      tovl: false,
      ...who
    });
  }

  document(key) {
    const { base, state } = this;
    const { cid, name, guest } = state.users.get(key);
    const token = `${part({ alg: 'ES384' })}.${part({ client_id: cid, conf_id: 'f1', exp: 2000000000, aud: 'eyeson-sepp' })}.x`;
    const endpoint = `${base.replace('http', 'ws')}/call`;
    return {
      access_key: key,
      ready: state.ready,
      locked: false,
      room: {
        id: 'r1',
        name: 'Daily sync',
        ready: true,
        started_at: new Date().toISOString(),
        shutdown: false,
        guest_token: 'GUEST'
      },
      user: { id: `u-${cid}`, room_id: 'r1', name, avatar: null, guest, blocked: false, ready: true },
      links: {
        gui: `${base}/?${key}`,
        guest_join: `${base}/?guest=GUEST`,
        websocket: `${base}/rt?access_key=${key}`
      },
      options: { widescreen: false, lock_available: true, exit_url: null },
      playbacks: [],
      presentation: null,
      broadcasts: [],
      recording: null,
      snapshots: [],
      signaling: {
        type: 'sepp',
        options: {
          client_id: cid,
          conf_id: 'f1',
          auth_token: token,
          endpoint,
          stun_servers: [],
          turn_servers: []
        }
      }
    };
  }

  async rest(req, res, path) {
    const [, kind, key, what, id] = path.split('/');
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    this.state.log.push(`${req.method} ${path}`);
    if (kind !== 'rooms') return this.admit(res, kind, Buffer.concat(chunks).toString());
    if (!this.state.users.has(key)) return json(res, 404, { error: 'Invalid access key' });
    if (this.state.over) return json(res, 410, { error: 'Access key expired' });
    if (!what && req.method === 'GET') return json(res, 200, this.document(key));
    if (what === 'users') return json(res, 200, this.describeUser(id));
    json(res, req.method === 'POST' ? 201 : what ? 200 : 204);
    return this.act(what, req.method, this.state.users.get(key).cid, Buffer.concat(chunks).toString());
  }

  admit(res, kind, body) {
    if (kind === 'guests' && this.state.lockGuests) return json(res, 423, { error: 'locked', locked: true });
    const key = `KEY${this.state.users.size}`;
    this.addUser(key, kind === 'guests' ? formField(body, 'name') : 'Pat', kind === 'guests');
    return json(res, 201, this.document(key));
  }

  describeUser(cid) {
    const { name, guest } = [...this.state.users.values()].find(u => u.cid === cid) ?? {
      name: 'Bob',
      guest: false
    };
    return { id: `u-${cid}`, name, avatar: null, guest, joined_at: new Date().toISOString() };
  }

  act(what, method, cid, body) {
    if (what === 'messages')
      this.broadcast({
        type: 'chat',
        content: formField(body, 'content'),
        cid,
        created_at: new Date().toISOString()
      });
    if (what === 'lock') this.broadcast({ type: 'lock', locked: true });
    if (what === 'presentation') {
      const on = method === 'POST';
      this.broadcast({ type: 'presentation_update', presentation: on ? { user: {}, room: {} } : null });
      this.podium(on ? cid : undefined);
    }
    if (!what && method === 'DELETE') {
      this.state.over = true;
      this.sendAll('call_terminated', { term_code: 200 });
    }
  }

  async file(res, path) {
    const name = path === '/' || path === '/permalink' ? '/index.html' : normalize(path);
    try {
      const body = await readFile(join(root, 'dist', name));
      res.writeHead(200, {
        'content-type': types[extname(name)] ?? 'application/octet-stream',
        'content-security-policy': this.csp
      });
      res.end(body);
    } catch {
      json(res, 404, { error: 'not found' });
    }
  }

  websocket(ws, url) {
    if (url.pathname === '/rt') return this.cable(ws, url.searchParams.get('access_key'));
    return this.sepp(
      ws,
      JSON.parse(Buffer.from(url.searchParams.get('auth_token').split('.')[1], 'base64url')).client_id
    );
  }

  cable(ws, key) {
    this.state.cables.add(ws);
    ws.send('{"type":"welcome"}');
    const ping = setInterval(() => ws.send(JSON.stringify({ type: 'ping', message: Date.now() })), 3000);
    ws.on('close', () => (clearInterval(ping), this.state.cables.delete(ws)));
    ws.on('message', text => {
      const { command, identifier } = JSON.parse(text);
      if (command !== 'subscribe') return;
      ws.send(JSON.stringify({ identifier, type: 'confirm_subscription' }));
      if (identifier !== channel) return;
      const content = this.document(key);
      for (const type of ['room_setup', 'room_ready'])
        ws.send(JSON.stringify({ identifier, message: { type, content } }));
    });
  }

  sepp(ws, cid) {
    const { state } = this;
    const say = (type, data) =>
      ws.send(JSON.stringify({ type, msg_id: randomUUID(), from: 'f1', to: cid, data }));
    ws.on('message', async text => {
      const { type, data } = JSON.parse(text);
      state.log.push(`${type}${type === 'mute_video' ? ` ${data.on}` : ''}`);
      if (type === 'call_start' && state.rejectWith) say('call_rejected', { reject_code: state.rejectWith });
      else if (type === 'call_start') await this.accept(cid, { id: randomUUID(), say, ws }, data.sdp.sdp);
      if (type === 'call_resume')
        say('call_resumed', {
          call_id: data.call_id,
          sdp: { type: 'answer', sdp: await this.answer(cid, data.sdp.sdp) }
        });
      if (type === 'call_terminate') state.calls.delete(cid);
    });
  }

  /** Besides the caller there is always Bob (c9), who has no call. */
  async accept(cid, call, offer) {
    const { calls } = this.state;
    calls.set(cid, call);
    call.say('call_accepted', {
      call_id: call.id,
      sdp: { type: 'answer', sdp: await this.answer(cid, offer) }
    });
    call.say('memberlist', {
      call_id: call.id,
      add: [...calls.keys(), 'c9'].map(c => ({ cid: c, p: 'web' })),
      del: [],
      count: 2,
      media: []
    });
    this.podium();
  }
}

export async function startFakeServer({ answer }) {
  const server = new FakeServer(answer, (await readFile(join(root, 'csp.txt'), 'utf8')).trim());
  await new Promise(resolve => server.server.listen(0, '127.0.0.1', resolve));
  server.base = `http://127.0.0.1:${server.server.address().port}`;
  return server;
}
