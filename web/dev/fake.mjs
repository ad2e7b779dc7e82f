// A console server with an invented stream, for developing: node dev/fake.mjs --nation jpn --from 240 --speed 1
// Serves dist under the same content-security policy as the node. POST /fake with JSON sets the state (silent, stale_s,
// mute, live, second, many, refused, t).
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { viewAt } from './scene.mjs';

const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.txt': 'text/plain; charset=utf-8' };
const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/** Starts a fake console server; returns its address, its state and how to stop it. */
export async function startFake({ nation = 'jpn', from_s = -20, speed = 1, port = 0 } = {}) {
  const state = { seq: 0, speed, acks: [], silent: [], refused: true };
  let base = { t: from_s, wall: performance.now() };
  const now = () => base.t + ((performance.now() - base.wall) / 1000) * speed;
  const streams = new Set();
  const view = () => JSON.stringify(viewAt(nation, now(), state));
  const push = () => {
    if (state.mute) return;
    state.seq += 1;
    const message = `id: ${state.seq}\nevent: view\ndata: ${view()}\n\n`;
    for (const stream of streams) stream.write(message);
  };
  const timer = setInterval(push, 250);

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://fake');
    const json = (status, value) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (url.pathname === '/api/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      streams.add(response);
      request.on('close', () => streams.delete(response));
      return push();
    }
    if (url.pathname === '/api/view') return response.writeHead(200, { 'Content-Type': 'application/json' }).end(view());
    if (request.method === 'POST') {
      let text = '';
      for await (const part of request) text += part;
      const said = JSON.parse(text);
      if (url.pathname === '/fake') {
        if ('t' in said) base = { t: said.t, wall: performance.now() };
        Object.assign(state, said);
        push();
        return json(200, {});
      }
      if (request.headers['x-watchfire-csrf'] !== 'fake') return json(403, { error: 'bad or missing token' });
      const acted = new Date(Date.parse(JSON.parse(view()).now)).toISOString();
      const partners = ['jpn', 'kor', 'usa'].filter((one) => one !== nation);
      const ack = { nation, own: true, actor: 'officer-1', acted, receipts: partners.map((partner) => ({ partner, state: 'pending', at: null })) };
      state.acks.push(ack);
      ack.receipts.forEach((receipt, at) => {
        if (!state.silent.includes(receipt.partner)) setTimeout(() => (Object.assign(receipt, { state: 'received', at: acted }), push()), 400 + 400 * at);
      });
      push();
      return json(200, { acknowledge_id: 'ack-1' });
    }
    const path = normalize(url.pathname === '/' ? '/index.html' : url.pathname);
    try {
      const body = await readFile(join(DIST, path));
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP }).end(body);
    } catch {
      response.writeHead(404).end('not found');
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () => {
    clearInterval(timer);
    server.closeAllConnections();
    server.close();
  };
  const set = (change) => fetch(`${address}/fake`, { method: 'POST', body: JSON.stringify(change) });
  const address = `http://127.0.0.1:${server.address().port}`;
  return { address, set, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { nation: { type: 'string' }, from: { type: 'string' }, speed: { type: 'string' }, port: { type: 'string' } } });
  const fake = await startFake({ nation: values.nation, from_s: Number(values.from ?? -20), speed: Number(values.speed ?? 1), port: Number(values.port ?? 0) });
  console.log(fake.address);
}
