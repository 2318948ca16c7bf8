import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createRawServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { exchange } from './exchange.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function dispatcher(): Agent {
  const agent = new Agent();
  closers.push(() => agent.destroy());
  return agent;
}

async function startServer(listener: RequestListener, port = 0): Promise<URL> {
  const server: Server = createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?a=b`);
}

/** Answers each connection with these bytes and ends it. */
async function startRaw(reply: string): Promise<URL> {
  const server = createRawServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end(reply, 'latin1'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

/** Ports that the Fetch standard refuses, and that no service here uses. */
const REFUSED_BY_FETCH = [6000, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 10080];

it('reaches ports that browsers refuse', async () => {
  for (const port of REFUSED_BY_FETCH) {
    const url = await startServer((_, response) => response.end('reached'), port).catch(() => undefined);
    if (!url) continue;
    await expect(fetch(url)).rejects.toMatchObject({ cause: { message: 'bad port' } });
    expect(await (await exchange(url, {}, dispatcher())).text()).toBe('reached');
    return;
  }
  throw new Error('all of these ports are in use');
});

it('sends no header by which servers recognize browsers', async () => {
  const url = await startServer(({ headers }, response) => response.end(JSON.stringify(headers)));
  const sent = await (await exchange(url, { headers: { 'User-Agent': 'us' } }, dispatcher())).json();
  expect(Object.keys(sent as object).sort()).toEqual([
    'accept',
    'accept-encoding',
    'connection',
    'host',
    'user-agent',
  ]);
});

it('reports status, headers and URL, and follows no redirect', async () => {
  const url = await startServer((_, response) =>
    response.writeHead(302, { Location: '/x', 'X-A': 'b' }).end(),
  );
  const response = await exchange(url, {}, dispatcher());
  expect([response.status, response.headers.get('location'), response.headers.get('x-a')]).toEqual([
    302,
    '/x',
    'b',
  ]);
  expect(response.url).toBe(url.href);
});

it('sends a body from chunks with the stated length', async () => {
  const url = await startServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    response.end(`${request.method} ${request.headers['content-length']} ${text}`);
  });
  async function* chunks() {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  const init = {
    method: 'PUT',
    headers: { 'Content-Length': '7' },
    body: chunks() as unknown as ReadableStream,
  };
  expect(await (await exchange(url, init, dispatcher())).text()).toBe('PUT 7 one two');
});

it('expands gzip, unless the request rules it out', async () => {
  const url = await startServer((_, response) =>
    response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync('text')),
  );
  expect(await (await exchange(url, {}, dispatcher())).text()).toBe('text');
  const plain = await exchange(url, { headers: { 'Accept-Encoding': 'identity' } }, dispatcher());
  expect(Buffer.from(await plain.arrayBuffer())).toEqual(gzipSync('text'));
});

it.each([
  ['a connection that ends early', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'terminated'],
  [
    'gzip that is none',
    'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone',
    'terminated',
  ],
  ['no reply', '', 'fetch failed'],
  ['a reply that is not HTTP', 'SSH-2.0-OpenSSH\r\n', 'fetch failed'],
])('throws like fetch after %s', async (_, reply, message) => {
  const url = await startRaw(reply);
  const attempt = exchange(url, {}, dispatcher()).then((response) => response.text());
  await expect(attempt).rejects.toMatchObject({ name: 'TypeError', message, cause: expect.any(Error) });
});

it('leaves out headers that cannot be represented, and refuses a status that does not exist', async () => {
  const odd = await startRaw(
    'HTTP/1.1 200 OK\r\nX-Odd: \xff\xfe\r\nX-Good: yes\r\nContent-Length: 0\r\n\r\n',
  );
  expect((await exchange(odd, {}, dispatcher())).headers.get('x-good')).toBe('yes');
  const status = await startRaw('HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n');
  await expect(exchange(status, {}, dispatcher())).rejects.toThrow('answered with the status 999');
});

it('ends with the reason of its signal, before and after the headers', async () => {
  const silent = await startServer(() => undefined);
  const before = exchange(silent, { signal: AbortSignal.abort(new Error('early')) }, dispatcher());
  await expect(before).rejects.toThrow('early');
  const url = await startServer((_, response) => response.write('first'));
  const controller = new AbortController();
  const response = await exchange(url, { signal: controller.signal }, dispatcher());
  const reading = response.text();
  controller.abort(new Error('late'));
  await expect(reading).rejects.toThrow('late');
});

it('ends the connection when its reader gives up', async () => {
  let closed = () => {};
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const url = await startServer((request, response) => {
    request.socket.on('close', closed);
    response.write('first');
  });
  const response = await exchange(url, {}, dispatcher());
  await response.body?.cancel();
  await isClosed;
});
