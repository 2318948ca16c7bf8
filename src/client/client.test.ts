import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { OllamaClient } from './client.ts';

const closers: (() => void)[] = [];

async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<OllamaClient> {
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new OllamaClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe('OllamaClient', () => {
  it('says how to start a server if none is running', async () => {
    const client = new OllamaClient({ baseUrl: 'http://127.0.0.1:1' });
    await expect(client.heartbeat()).rejects.toThrow(
      "could not connect to ollama server, run 'ollama serve' to start it",
    );
  });

  it('reads a stream line by line, regardless of how it is split into chunks', async () => {
    const client = await clientOf((_, response) => {
      const text = '{"status":"a"}\n{"status":"é"}\n\n{"status":"c"}';
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at++) response.write(bytes.subarray(at, at + 1));
      response.end();
    });
    expect(await collect(client.pull({ model: 'x' }))).toEqual([
      { status: 'a' },
      { status: 'é' },
      { status: 'c' },
    ]);
  });

  it('throws an error that arrives in the middle of a stream', async () => {
    const client = await clientOf((_, response) => response.end('{"status":"a"}\n{"error":"it broke"}\n'));
    await expect(collect(client.pull({ model: 'x' }))).rejects.toThrow('it broke');
  });

  it('throws the status and text of an error response, with the status first for streams', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end('{"error":"model \'x\' not found"}');
    });
    await expect(client.show({ model: 'x' })).rejects.toMatchObject({
      status: 404,
      message: "model 'x' not found",
    });
    await expect(collect(client.chat({ model: 'x' }))).rejects.toThrow("404 Not Found: model 'x' not found");
    expect(await client.hasBlob('sha256:0')).toBe(false);
  });

  it('sends a JSON body with every method, including DELETE', async () => {
    let received = '';
    const client = await clientOf(async (request, response) => {
      for await (const chunk of request) received += String(chunk);
      response.end();
    });
    await client.delete('mine');
    expect(JSON.parse(received)).toEqual({ model: 'mine' });
  });

  it('streams an upload', async () => {
    let size = 0;
    const client = await clientOf(async (request, response) => {
      for await (const chunk of request) size += (chunk as Buffer).length;
      response.writeHead(201).end();
    });
    await client.uploadBlob('sha256:0', Readable.from([Buffer.alloc(1000), Buffer.alloc(500)]));
    expect(size).toBe(1500);
  });

  it('ends a stream at once when it is aborted, with a cancellation error', async () => {
    const client = await clientOf((_, response) => {
      response.write('{"response":"a","done":false}\n');
    });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of client.generate({ model: 'x' }, controller.signal)) controller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'canceled' });
  });

  it('reports a broken connection instead of a system call', async () => {
    const client = await clientOf((request) => request.socket.destroy());
    await expect(client.list()).rejects.toThrow('the connection to the server was lost');
  });

  it('refuses an endless line', async () => {
    const client = await clientOf((_, response) => {
      const chunk = 'x'.repeat(1024 * 1024);
      for (let index = 0; index < 12; index++) response.write(chunk);
      response.end();
    });
    await expect(collect(client.pull({ model: 'x' }))).rejects.toThrow(/more than 8 MB/);
  });

  it('ignores proxy settings', async () => {
    process.env.HTTP_PROXY = 'http://127.0.0.1:1';
    try {
      const client = await clientOf((_, response) => response.end('{"version":"9"}'));
      expect(await client.version()).toEqual({ version: '9' });
    } finally {
      delete process.env.HTTP_PROXY;
    }
  });
});
