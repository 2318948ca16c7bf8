// Serves the built page, with a stream of made events in place of a server that works.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MadeEngine } from './made-events.mjs';

const folder = fileURLToPath(new URL('../../dist/ui', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };
const HISTORY_MS = 300_000;
const EVENTS_EACH_MS = 250;

/** @returns the address, and what ends the server */
export async function serveMadeEngine(port = 0) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/api/engine/events') return streamEvents(response);
    if (pathname.startsWith('/api/')) return response.writeHead(404).end('{"error":"made events only"}');
    const file = pathname.startsWith('/ui/') ? basename(pathname) : 'page.html';
    const path = join(folder, file);
    if (!existsSync(path)) return response.writeHead(404).end();
    const headers = { 'Content-Type': types[extname(file)] ?? 'text/plain' };
    if (file === 'page.html')
      headers['Content-Security-Policy'] = "default-src 'self'; img-src 'self' blob: data:";
    response.writeHead(200, headers);
    createReadStream(path).pipe(response);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${server.address().port}`, close };
}

/** The past five minutes at once, as if the page had been watching, then what goes on. */
function streamEvents(response) {
  const started = Date.now() - HISTORY_MS;
  const engine = new MadeEngine(started);
  const send = (event) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  send({ ...engine.hello(Date.now()), now_at: Date.now() });
  let worked = started;
  const work = () => {
    const until = Date.now() - EVENTS_EACH_MS;
    for (const event of engine.work(worked, until)) send(event);
    while (worked < until) worked += 100;
  };
  work();
  let count = 0;
  const timer = setInterval(() => {
    work();
    count += 1;
    if (count % 2 === 0) send(engine.state(Date.now()));
    if (count % 4 === 0) send(engine.point(Date.now() - 2000));
  }, EVENTS_EACH_MS);
  response.on('close', () => clearInterval(timer));
}
