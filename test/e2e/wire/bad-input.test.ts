import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ByteWriter } from '../../../src/gguf/byte-writer.ts';
import { encodeGguf } from '../../../src/gguf/writer.ts';
import { smallModel } from '../../fakes/models/small-gguf.ts';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  filesBelow,
  linesOf,
  patience,
  post,
  randomModelBytes,
  replyOf,
  send,
  sendRaw,
  sha256,
  upload,
} from '../support/server-requests.ts';

let server: TestServer;
let random: Uint8Array;

beforeAll(async () => {
  server = await startTestServer();
  random = await randomModelBytes();
  await createModel(server, 'tiny', random);
  await createModel(server, 'smol', inject('smolModelPath'));
});
afterAll(() => server[Symbol.asyncDispose]());

// After every request, the server is up, and no file is where it should not be.
afterEach(async () => {
  expect((await fetch(`${server.url}/api/version`)).status).toBe(200);
  for (const path of await filesBelow(server.modelsFolder))
    expect(path).toMatch(/^(blobs\/sha256-[0-9a-f]{64}|manifests\/registry\.ollama\.ai\/library\/\w+\/\w+)$/);
});

const hello = { model: 'tiny', messages: [{ role: 'user', content: 'hi' }] };
const reply = (status: number, error: unknown) => ({ status, body: { error } });
const sendJson = async (method: string, path: string, body: unknown) =>
  replyOf(await send(server, method, path, body));

describe('an unknown model', () => {
  it.each([
    ['POST', '/api/generate', { model: 'none', prompt: 'x' }, "model 'none' not found"],
    ['POST', '/api/generate', { model: 'none', prompt: 'x', stream: false }, "model 'none' not found"],
    ['POST', '/api/generate', { prompt: 'x' }, "model '' not found"],
    ['POST', '/api/generate', { model: 'none', keep_alive: 0 }, "model 'none' not found"],
    ['POST', '/api/chat', { ...hello, model: 'none' }, "model 'none' not found"],
    ['POST', '/api/chat', { ...hello, model: 'a.example/b/none:1' }, "model 'a.example/b/none:1' not found"],
    ['POST', '/api/show', { model: 'none' }, "model 'none:latest' not found"],
    ['POST', '/api/show', { name: 'team/none:1' }, "model 'team/none:1' not found"],
    ['POST', '/api/copy', { source: 'none', destination: 'x' }, 'model "none" not found'],
    ['DELETE', '/api/delete', { model: 'none' }, "model 'none' not found"],
    ['DELETE', '/api/delete', { name: 'none' }, "model 'none' not found"],
  ])('%s %s %j is 404 %s', async (method, path, body, message) => {
    expect(await sendJson(method, path, body)).toEqual(reply(404, message));
  });
});

describe('a missing or invalid model name', () => {
  it.each([
    ['POST', '/api/chat', { messages: hello.messages }, 'model is required'],
    ['POST', '/api/show', {}, 'model is required'],
    ['DELETE', '/api/delete', {}, 'model is required'],
    ['POST', '/api/pull', {}, 'invalid model name'],
    ['POST', '/api/pull', { model: 'a b' }, 'invalid model name'],
    ['POST', '/api/create', { from: 'tiny' }, 'invalid model name'],
    ['POST', '/api/create', { model: 'x' }, "neither 'from' or 'files' was specified"],
    ['POST', '/api/create', { model: 'x', files: {} }, 'no files provided to convert'],
    ['POST', '/api/create', { model: 'x', from: 'a b' }, 'invalid model name'],
    ['POST', '/api/copy', { destination: 'x' }, 'source "" is invalid'],
    ['POST', '/api/copy', { source: 'tiny' }, 'destination "" is invalid'],
  ])('%s %s %j is 400 %s', async (method, path, body, message) => {
    expect(await sendJson(method, path, body)).toEqual(reply(400, message));
  });

  it.each([
    ['../../../etc/passwd'],
    ['..'],
    ['a/../b'],
    ['.hidden'],
    ['/etc/passwd'],
    ['a//b'],
    ['a/b/c/d/e'],
    ['a\\..\\b'],
    ['a\0b'],
    ['a:../b'],
    ['file:///etc/passwd'],
    ['81 letters', 'x'.repeat(81)],
    ['a host longer than a folder name can be', `${'h'.repeat(256)}/team/model`],
    ['a million letters', 'x'.repeat(1_000_000)],
  ])('the name %j is refused everywhere', async (label, name = label) => {
    const answers = [
      await sendJson('POST', '/api/generate', { model: name, prompt: 'x' }),
      await sendJson('POST', '/api/chat', { ...hello, model: name }),
      await sendJson('POST', '/api/show', { model: name }),
      await sendJson('POST', '/api/pull', { model: name }),
      await sendJson('POST', '/api/create', { model: name, from: 'tiny' }),
      await sendJson('POST', '/api/create', { model: 'x', from: name }),
      await sendJson('POST', '/api/copy', { source: 'tiny', destination: name }),
      await sendJson('POST', '/api/copy', { source: name, destination: 'x' }),
      await sendJson('DELETE', '/api/delete', { model: name }),
    ];
    for (const answer of answers) expect(answer).toEqual(reply(400, expect.stringMatching(/invalid/)));
  });
});

describe('an invalid body', () => {
  const routes = ['generate', 'chat', 'show', 'create', 'copy', 'pull'].map((name) => [
    'POST',
    `/api/${name}`,
  ]);

  it.each([...routes, ['DELETE', '/api/delete']])(
    '%s %s reports what is wrong with it',
    async (method, path) => {
      const send = (body: string) => sendJson(method ?? '', path ?? '', body);
      expect(await send('')).toEqual(reply(400, 'missing request body'));
      for (const body of ['{', '{"model":', '{"model":"tiny"', "{'model': 'tiny'}", 'hello', '\u0000'])
        expect(await send(body)).toEqual(reply(400, expect.stringMatching(/^invalid JSON: /)));
      for (const body of ['[]', '"tiny"', '1', 'null'])
        expect(await send(body)).toEqual(
          reply(400, expect.stringMatching(/^request body must be a JSON object/)),
        );
      const deep = `{"model":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
      expect(await send(deep)).toEqual(reply(400, expect.stringMatching(/^invalid JSON: nested more than/)));
    },
  );

  it.each([
    ['POST', '/api/generate', { model: 1 }, 'model'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 5 }, 'prompt'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', stream: 'yes' }, 'stream'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', raw: 1 }, 'raw'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', context: 'x' }, 'context'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', context: [2 ** 40] }, 'context'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', context: [-1] }, 'context[0]'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', images: 'x' }, 'images'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', format: 'xml' }, 'format'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', think: 3 }, 'think'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: [] }, 'options'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { num_ctx: '9' } }, 'num_ctx'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { num_ctx: 1e99 } }, 'num_ctx'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { temperature: 'hot' } }, 'temperature'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { top_p: -1 } }, 'top_p'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { stop: 'x' } }, 'stop'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { stop: [1] } }, 'stop'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', options: { use_mmap: 'x' } }, 'use_mmap'],
    ['POST', '/api/generate', { model: 'tiny', prompt: 'x', top_logprobs: 21 }, 'top_logprobs'],
    ['POST', '/api/chat', { model: 'tiny', messages: 'hi' }, 'messages'],
    ['POST', '/api/chat', { model: 'tiny', messages: ['hi'] }, 'messages[0]'],
    ['POST', '/api/chat', { model: 'tiny', messages: [{ role: 1 }] }, 'messages[0].role'],
    [
      'POST',
      '/api/chat',
      { model: 'tiny', messages: [{ role: 'user', content: {} }] },
      'messages[0].content',
    ],
    ['POST', '/api/chat', { ...hello, tools: {} }, 'tools'],
    ['POST', '/api/chat', { ...hello, options: 'fast' }, 'options'],
    ['POST', '/api/chat', { ...hello, truncate: 'no' }, 'truncate'],
    ['POST', '/api/show', { model: ['tiny'] }, 'model'],
    ['POST', '/api/show', { model: 'tiny', verbose: 'x' }, 'verbose'],
    ['POST', '/api/create', { model: 'x', files: 'f' }, 'files'],
    ['POST', '/api/create', { model: 'x', files: { a: 1 } }, 'files.a'],
    ['POST', '/api/create', { model: 'x', from: 'tiny', parameters: [1] }, 'parameters'],
    ['POST', '/api/create', { model: 'x', from: 'tiny', parameters: { num_ctx: true } }, 'num_ctx'],
    ['POST', '/api/create', { model: 'x', from: 'tiny', license: 3 }, 'license'],
    ['POST', '/api/create', { model: 'x', from: 'tiny', messages: {} }, 'messages'],
    ['POST', '/api/create', { model: 'x', from: 'tiny', info: { context_length: 'x' } }, 'context_length'],
    ['POST', '/api/copy', { source: 1, destination: 'x' }, 'source'],
    ['POST', '/api/copy', { source: 'tiny', destination: {} }, 'destination'],
    ['POST', '/api/pull', { model: 'x', insecure: 'yes' }, 'insecure'],
    ['DELETE', '/api/delete', { model: 7 }, 'model'],
  ])('%s %s %j is 400 and names the field', async (method, path, body, field) => {
    const { status, body: answer } = await sendJson(method, path, body);
    expect(status).toBe(400);
    expect((answer as { error: string }).error.split(/["\s:]/)).toContain(field);
  });

  it('is refused above 64 MiB, whether or not its length is announced', async () => {
    const path = '/api/chat';
    const headers = { 'Content-Length': String(2 ** 40) };
    expect(await sendRaw(server, { method: 'POST', path, headers, body: '{' })).toEqual(
      reply(413, expect.stringMatching(/larger than 67108864 bytes/)),
    );
    const chunked = { 'Transfer-Encoding': 'chunked' };
    const body = Buffer.alloc(70 * 1024 * 1024, ' ');
    const answer = await sendRaw(server, { method: 'POST', path, headers: chunked, body }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    // The server may close the connection before everything has been sent.
    if (typeof answer === 'string') expect(answer).toMatch(/EPIPE|ECONNRESET/);
    else expect(answer?.status).toBe(413);
  });

  it('that never arrives, or is not HTTP, does not block the server', async () => {
    const { hostname, port } = new URL(server.url);
    const half = 'POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"model":';
    for (const text of [half, '\u0000\u0001\u0002 nonsense\r\n\r\n', 'GET / HTTP/1.1\r\n'])
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(text, () => socket.destroy()));
        socket.on('close', () => resolve()).on('error', () => undefined);
      });
  });
});

describe('a hostile upload', () => {
  const header = (tensors: bigint, entries: bigint, rest: (writer: ByteWriter) => void = () => undefined) => {
    const writer = new ByteWriter(true);
    writer.bytes(Buffer.from('GGUF'));
    writer.u32(3);
    writer.u64(tensors);
    writer.u64(entries);
    rest(writer);
    writer.bytes(new Uint8Array(64));
    return writer.finish();
  };
  const text = 8;
  const list = 9;
  const huge = 2n ** 64n - 1n;
  const tensor = (shape: bigint[], offset: bigint) =>
    header(1n, 0n, (writer) => {
      writer.text('output.weight');
      writer.u32(shape.length);
      for (const length of shape) writer.u64(length);
      writer.u32(0);
      writer.u64(offset);
    });
  const aligned = (alignment: number) =>
    encodeGguf({
      metadata: {
        'general.architecture': { type: 'string', value: 'llama' },
        'general.alignment': { type: 'u32', value: alignment },
      },
      tensors: [],
    });
  const create = async (content: Uint8Array, name = 'model.gguf') =>
    post(server, '/api/create', {
      model: 'hostile',
      files: { [name]: await upload(server, content) },
      stream: false,
    });
  const invalid = reply(400, expect.stringMatching(/^invalid GGUF file: .+ \(model\.gguf\)$/));

  it('truncated after 0 to 64 bytes is refused with a message', async () => {
    for (let length = 0; length <= 64; length++)
      expect(await create(random.subarray(0, length))).toEqual(invalid);
  });

  it('truncated anywhere later is refused too', async () => {
    for (const part of [0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
      expect(await create(random.subarray(0, Math.floor(random.length * part)))).toEqual(invalid);
  });

  it.each<[string, Uint8Array]>([
    ['a bad magic number', Buffer.concat([Buffer.from('GGUX'), smallModel().subarray(4)])],
    ['an unknown version', Buffer.from('GGUF\u0063\u0000\u0000\u0000'.padEnd(64, '\u0000'), 'latin1')],
    ['2^64-1 tensors', header(huge, 0n)],
    ['2^64-1 metadata entries', header(0n, huge)],
    ['2^40 tensors', header(2n ** 40n, 0n)],
    ['a key of 2^60 bytes', header(0n, 1n, (writer) => writer.u64(2n ** 60n))],
    [
      'a text of 2^63 bytes',
      header(0n, 1n, (writer) => {
        writer.text('general.name');
        writer.u32(text);
        writer.u64(2n ** 63n);
      }),
    ],
    [
      'a list of 2^62 numbers',
      header(0n, 1n, (writer) => {
        writer.text('tokenizer.ggml.scores');
        writer.u32(list);
        writer.u32(6);
        writer.u64(2n ** 62n);
      }),
    ],
    [
      'lists within lists without end',
      header(0n, 1n, (writer) => {
        writer.text('x');
        writer.u32(list);
        for (let depth = 0; depth < 10_000; depth++) {
          writer.u32(list);
          writer.u64(1);
        }
      }),
    ],
    ['alignment 0', aligned(0)],
    ['alignment 3', aligned(3)],
    ['a tensor past the end', tensor([1024n], 0n)],
    ['a tensor at an offset past the end', tensor([4n], 2n ** 50n)],
    ['a tensor whose size overflows', tensor([2n ** 40n, 2n ** 40n], 0n)],
    ['a tensor with a dimension of 2^64-1', tensor([huge], 0n)],
  ])('with %s is refused with a message', async (_, content) => {
    expect(await create(content)).toEqual(invalid);
  });

  it('of another file type is refused', async () => {
    expect(await create(Buffer.from('hello'), 'notes.txt')).toEqual(
      reply(400, expect.stringMatching(/^unknown type: notes\.txt/)),
    );
  });

  it('that parses but cannot be loaded fails that request only', async () => {
    await createModel(server, 'hollow', smallModel());
    const failed = await post(server, '/api/generate', { model: 'hollow', prompt: 'x' });
    expect(failed).toEqual(reply(500, expect.stringMatching(/\S{4}/)));
    expect((await post(server, '/api/generate', { model: 'tiny' })).status).toBe(200);
  });

  it('leaves no model behind', async () => {
    const { models } = (await (await fetch(`${server.url}/api/tags`)).json()) as {
      models: { name: string }[];
    };
    expect(models.map(({ name }) => name)).not.toContain('hostile:latest');
  });
});

describe('a wrong digest', () => {
  const content = Buffer.from('some content');
  const wrong = `sha256:${'a'.repeat(64)}`;

  it('is refused, and nothing is stored', async () => {
    expect(await sendJson('POST', `/api/blobs/${wrong}`, content)).toEqual(
      reply(400, `digest mismatch, expected "${wrong}", got "${sha256(content)}"`),
    );
    for (const digest of [wrong, sha256(content)])
      expect((await fetch(`${server.url}/api/blobs/${digest}`, { method: 'HEAD' })).status).toBe(404);
  });

  it.each([
    'sha256:abc',
    'md5:00',
    `sha256:${'g'.repeat(64)}`,
    `sha256:${'a'.repeat(65)}`,
    '..%2f..%2fetc%2fpasswd',
    'sha256:..%2f..%2f..%2fetc%2fpasswd',
    `sha256-${'a'.repeat(61)}%2f..`,
    '%00',
  ])('of the form %s is refused', async (digest) => {
    const path = `/api/blobs/${digest}`;
    expect(await sendRaw(server, { method: 'POST', path, body: 'x' })).toEqual(
      reply(400, 'invalid digest format'),
    );
    expect((await sendRaw(server, { method: 'HEAD', path })).status).toBe(400);
  });

  it('that leads out of the folder matches no route', async () => {
    expect(
      (await sendRaw(server, { method: 'POST', path: '/api/blobs/../../etc/passwd', body: 'x' })).status,
    ).toBe(404);
  });

  it.each([
    [{ 'model.gguf': '../../etc/passwd' }, 'invalid digest format'],
    [{ 'model.gguf': '' }, 'invalid digest format'],
    [{ '../model.gguf': wrong }, 'file path must be relative'],
    [{ '/etc/passwd': wrong }, 'file path must be relative'],
    [
      { 'model.gguf': wrong },
      `files: blob "${wrong}" (model.gguf) not found: upload it first with POST /api/blobs`,
    ],
  ])('in the files %j of a new model is refused', async (files, message) => {
    expect(await post(server, '/api/create', { model: 'x', files, stream: false })).toEqual(
      reply(400, message),
    );
  });

  it('of an interrupted upload leaves nothing behind', async () => {
    const before = await filesBelow(server.modelsFolder);
    const controller = new AbortController();
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(new Uint8Array(1024 * 1024)),
    });
    const request = { method: 'POST', body, duplex: 'half', signal: controller.signal } as RequestInit;
    const uploading = fetch(`${server.url}/api/blobs/${wrong}`, request);
    await expect.poll(() => filesBelow(server.modelsFolder), patience).not.toEqual(before);
    controller.abort();
    await expect(uploading).rejects.toThrow(/abort/);
    await expect.poll(() => filesBelow(server.modelsFolder), patience).toEqual(before);
  });
});

describe('a foreign page', () => {
  it('is refused because of its Host header, for every request', async () => {
    for (const host of ['evil.example', 'evil.example:11434', 'localhost.evil.example'])
      for (const path of ['/', '/api/tags', '/api/version', '/nothing'])
        expect((await sendRaw(server, { path, headers: { Host: host } })).status).toBe(403);
    const body = JSON.stringify({ model: 'tiny' });
    const headers = { Host: 'evil.example' };
    expect((await sendRaw(server, { method: 'DELETE', path: '/api/delete', headers, body })).status).toBe(
      403,
    );
    expect((await post(server, '/api/show', { model: 'tiny' })).status).toBe(200);
  });

  it('is refused because of its Origin header, in a plain request and in a preflight', async () => {
    const headers = { Origin: 'https://evil.example', 'Content-Type': 'text/plain' };
    const body = JSON.stringify({ model: 'tiny' });
    for (const method of ['POST', 'OPTIONS'])
      expect(await sendRaw(server, { method, path: '/api/show', headers, body })).toEqual(
        reply(403, expect.stringMatching(/"https:\/\/evil\.example".*OLLAMA_ORIGINS/)),
      );
    const local = { Origin: 'http://localhost:3000' };
    expect((await sendRaw(server, { method: 'POST', path: '/api/show', headers: local, body })).status).toBe(
      200,
    );
  });
});

describe('a route that does not exist', () => {
  it('returns 404; a wrong method returns 405 with the allowed ones', async () => {
    expect(await sendRaw(server, { path: '/api/nothing' })).toEqual({
      status: 404,
      body: '404 page not found',
    });
    const response = await fetch(`${server.url}/api/chat`);
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST']);
  });
});

describe('a runner killed with SIGKILL', () => {
  const endless = {
    model: 'smol',
    prompt: '1, 2, 3, 4, 5, 6, 7,',
    raw: true,
    options: { num_predict: -1, temperature: 0 },
  };
  const stopped = expect.stringMatching(/^model runner has unexpectedly stopped/);

  /** The only child that appears while smol is loaded. */
  async function loadSmol(): Promise<number> {
    await post(server, '/api/generate', { model: 'smol', keep_alive: 0 });
    await post(server, '/api/generate', { model: 'tiny', keep_alive: 0 });
    await expect.poll(() => childrenOf(server.pid), patience).toEqual([]);
    await post(server, '/api/generate', { model: 'smol' });
    const [runner = 0, ...others] = await childrenOf(server.pid);
    expect(others).toEqual([]);
    return runner;
  }

  it('ends every stream with an error line, and the next request works', async () => {
    const runner = await loadSmol();
    const responses = await Promise.all([
      send(server, 'POST', '/api/generate', endless),
      send(server, 'POST', '/api/generate', endless),
    ]);
    const streams = responses.map(linesOf);
    for (const stream of streams) for (let line = 0; line < 3; line++) await stream.next();
    process.kill(runner, 'SIGKILL');
    for (const stream of streams) {
      let last: unknown;
      for await (const line of stream) last = line;
      expect(last).toEqual({ error: stopped });
    }
    expect(await isRunning(runner)).toBe(false);
    const next = await post(server, '/api/generate', {
      ...endless,
      options: { num_predict: 3 },
      stream: false,
    });
    expect(next).toMatchObject({ status: 200, body: { done: true, eval_count: 3 } });
    expect(await childrenOf(server.pid)).not.toContain(runner);
  });

  it('turns a reply that is not streamed into a 503, so that clients try again', async () => {
    const runner = await loadSmol();
    const answer = post(server, '/api/generate', { ...endless, stream: false });
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(runner, 'SIGKILL');
    expect(await answer).toEqual(reply(503, stopped));
  });

  it('while idle is detected before it is used again', async () => {
    const runner = await loadSmol();
    process.kill(runner, 'SIGKILL');
    const ask = { ...endless, options: { num_predict: 3 }, stream: false };
    const ps = async () => (await (await fetch(`${server.url}/api/ps`)).json()) as { models: unknown[] };
    await expect.poll(ps, patience).toEqual({ models: [] });
    expect(await post(server, '/api/generate', ask)).toMatchObject({ status: 200, body: { eval_count: 3 } });
  });
});
