import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptRunner } from '../../test/fakes/runners/script-runner.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { type ListeningServer, listen } from './serve.ts';

let server: ScriptServer;
let listening: ListeningServer;
let runner: ScriptRunner;

beforeEach(async () => {
  runner = new ScriptRunner({ pieces: Array.from({ length: 1000 }, () => 'x'), delayMs: 5 });
  server = await startScriptServer({ runner });
  await server.addModel('m');
  listening = await listen(server.app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await listening.close(0);
  await server.close();
});

const chat = (signal?: AbortSignal, fields: object = {}) =>
  fetch(`${listening.url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }),
    ...(signal && { signal }),
  });
const active = () => server.scheduler.running().reduce((sum, running) => sum + running.activeRequests, 0);

describe('a client that disconnects', () => {
  it('in mid-stream, ends the completion', async () => {
    const abort = new AbortController();
    const response = await chat(abort.signal);
    await response.body?.getReader().read();
    expect(active()).toBe(1);
    abort.abort();
    await expect.poll(() => runner.canceled).toBe(1);
    await expect.poll(active).toBe(0);
  });

  it('while waiting for a whole reply, ends the completion', async () => {
    const abort = new AbortController();
    const response = chat(abort.signal, { stream: false });
    await expect.poll(() => runner.requests.length).toBe(1);
    abort.abort();
    await expect(response).rejects.toThrow();
    await expect.poll(() => runner.canceled).toBe(1);
    await expect.poll(active).toBe(0);
  });

  it('during an upload, leaves nothing behind', async () => {
    const before = await server.store.blobs.list();
    const socket = connect(listening.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /api/blobs/sha256:${'0'.repeat(64)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n`,
    );
    socket.write('some bytes');
    await expect.poll(async () => (await server.store.blobs.list()).length).toBe(before.length + 1);
    socket.destroy();
    await expect.poll(async () => (await server.store.blobs.list()).length).toBe(before.length);
  });
});

describe('listen', () => {
  it('streams each event as it arrives', async () => {
    const response = await chat();
    expect(response.headers.get('Transfer-Encoding')).toBe('chunked');
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toMatch(/^\{"model":"m".*\}\n$/);
    expect(runner.canceled).toBe(0);
    await reader?.cancel();
  });

  it('accepts an upload of several megabytes', async () => {
    const bytes = Buffer.alloc(20_000_000, 'abc');
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const response = await fetch(`${listening.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
    expect(response.status).toBe(201);
  });

  it('answers an upload of bytes that it has already only after it has read them', async () => {
    const bytes = Buffer.alloc(2_000_000, 'abc');
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    await fetch(`${listening.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
    const socket = connect(listening.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /api/blobs/${digest} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`,
    );
    let reply = '';
    socket.on('data', (data) => {
      reply += data;
    });
    socket.write(bytes.subarray(1));
    // Another request is answered meanwhile: the server has had its turn for this one.
    await fetch(`${listening.url}/api/version`);
    expect(reply).toBe('');
    socket.write(bytes.subarray(0, 1));
    await once(socket, 'end');
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('refuses a foreign Host header', async () => {
    const socket = connect(listening.port, '127.0.0.1');
    socket.write('GET /api/tags HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    const [reply] = await once(socket, 'data');
    expect(String(reply)).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('reports clearly that a port is in use', async () => {
    const again = listen(server.app, { host: '127.0.0.1', port: listening.port });
    await expect(again).rejects.toThrow(
      `listen tcp 127.0.0.1:${listening.port}: bind: address already in use`,
    );
  });

  it('cuts off running requests after a while when it closes', async () => {
    const response = await chat();
    const closing = listening.close(100);
    await expect(response.text()).rejects.toThrow();
    await closing;
    await expect(fetch(listening.url)).rejects.toThrow();
    await expect.poll(() => runner.canceled).toBe(1);
  });

  it('does not wait for a connection that has sent nothing when it closes', async () => {
    const socket = connect(listening.port, '127.0.0.1');
    await once(socket, 'connect');
    await fetch(listening.url);
    // Longer than the limit of the test.
    await listening.close(600_000);
    socket.destroy();
  });

  it('lets a request finish within the grace period', async () => {
    runner.script = { pieces: ['a', 'b'], delayMs: 20 };
    const response = await chat();
    const closing = listening.close(5000);
    expect((await response.text()).trim().split('\n')).toHaveLength(3);
    await closing;
    await pause(0);
    expect(runner.canceled).toBe(0);
  });
});
