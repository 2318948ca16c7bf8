/** The built server in front of upstreams that answer what servers of each kind were seen to answer. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CertificateAuthority,
  startTlsFront,
  type TlsFront,
} from '../../fakes/servers/certificate-authority.ts';
import { ForwardProxy } from '../../fakes/servers/forward-proxy.ts';
import {
  chatChunk,
  eventText,
  type RecordedUpstream,
  said,
  startRecordedUpstream,
  status,
} from '../../fakes/servers/recorded-upstream.ts';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { patience, post, send } from '../support/server-requests.ts';

const kinds = ['openai', 'ollama', 'anthropic'] as const;
type Kind = (typeof kinds)[number];
const messages = [{ role: 'user', content: 'hi' }];
const tool = { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };

let folder: string;
let behind: Record<Kind, RecordedUpstream>;
let secure: TlsFront;
let proxy: ForwardProxy;
let server: TestServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upstreams-'));
  const [openai, ollama, anthropic] = await Promise.all(kinds.map(() => startRecordedUpstream()));
  behind = { openai, ollama, anthropic } as Record<Kind, RecordedUpstream>;
  const authority = await CertificateAuthority.create(folder);
  secure = await startTlsFront(
    await authority.issue('upstream.test'),
    Number(new URL(behind.openai.url).port),
  );
  proxy = await ForwardProxy.start({ hosts: { 'upstream.test': '127.0.0.1' } });
  const path = join(folder, 'config.yaml');
  await writeFile(path, configText(authority.path));
  const env = { HTTPS_PROXY: `http://${proxy.host}`, NO_PROXY: '127.0.0.1' };
  server = await startTestServer({ env: { ...env, OLLAMA_CONFIG: path } });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await Promise.all([...Object.values(behind).map((one) => one.kill()), secure.close(), proxy.close()]);
  await rm(folder, { recursive: true, force: true });
});

function configText(ca: string): string {
  const entries = kinds.map((kind) => ({ name: `by-${kind}`, url: behind[kind].url, kind, models: [kind] }));
  const tls = { url: `https://upstream.test:${secure.port}/v1`, kind: 'openai' };
  const others = [
    { name: 'private', ...tls, models: ['private'], ca },
    { name: 'untrusted', ...tls, models: ['untrusted'] },
    { name: 'narrow', url: behind.openai.url, kind: 'openai', models: ['narrow'], limit: 1 },
    { name: 'low', url: behind.ollama.url, kind: 'ollama', models: ['both'] },
    { name: 'high', url: behind.openai.url, kind: 'openai', models: ['both'], priority: 1 },
  ];
  return JSON.stringify({ upstreams: [...entries, ...others] });
}

type Begin = (reply: ServerResponse) => void;
const asSse = { 'content-type': 'text/event-stream' };

/** The first pieces of an answer: thinking and text. */
const begins: Readonly<Record<Kind, Begin>> = {
  openai: (reply) => {
    reply.writeHead(200, asSse);
    for (const delta of [
      { role: 'assistant', content: '' },
      { reasoning_content: 'Hm.' },
      { content: 'Grüße' },
    ])
      reply.write(eventText(chatChunk(delta)));
  },
  ollama: (reply) => {
    reply.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (const message of [{ thinking: 'Hm.', content: '' }, { content: 'Grüße' }])
      reply.write(
        `${JSON.stringify({ model: 'm', message: { role: 'assistant', ...message }, done: false })}\n`,
      );
  },
  anthropic: (reply) => {
    reply.writeHead(200, asSse);
    const usage = { input_tokens: 11, output_tokens: 1 };
    reply.write(
      eventText({ type: 'message_start', message: { id: 'm1', role: 'assistant', content: [], usage } }),
    );
    for (const [index, type, text] of [[0, 'thinking', 'Hm.'] as const, [1, 'text', 'Grüße'] as const]) {
      reply.write(eventText({ type: 'content_block_start', index, content_block: { type, [type]: '' } }));
      reply.write(
        eventText({ type: 'content_block_delta', index, delta: { type: `${type}_delta`, [type]: text } }),
      );
      reply.write(eventText({ type: 'content_block_stop', index }));
    }
  },
};

/** The rest of it: a call in pieces, and the usage. */
const ends: Readonly<Record<Kind, Begin>> = {
  openai: (reply) => {
    const piece = (called: object, id = {}) =>
      eventText(chatChunk({ tool_calls: [{ index: 0, ...id, function: called }] }));
    reply.write(piece({ name: 'weather', arguments: '' }, { id: 'call_1', type: 'function' }));
    reply.write(piece({ arguments: '{"city":' }) + piece({ arguments: '"Köln"}' }));
    reply.write(eventText(chatChunk({}, 'tool_calls')));
    reply.end(
      eventText({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 7 } }) + eventText('[DONE]'),
    );
  },
  ollama: (reply) => {
    const tool_calls = [{ function: { name: 'weather', arguments: { city: 'Köln' } } }];
    const message = { role: 'assistant', content: '', tool_calls };
    reply.write(`${JSON.stringify({ model: 'm', message, done: false })}\n`);
    const counts = { prompt_eval_count: 11, eval_count: 7 };
    reply.end(
      `${JSON.stringify({ message: { content: '' }, done: true, done_reason: 'stop', ...counts })}\n`,
    );
  },
  anthropic: (reply) => {
    const index = 2;
    const content_block = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
    reply.write(eventText({ type: 'content_block_start', index, content_block }));
    for (const partial_json of ['{"city":', '"Köln"}'])
      reply.write(
        eventText({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } }),
      );
    reply.write(eventText({ type: 'content_block_stop', index }));
    const delta = { stop_reason: 'tool_use', stop_sequence: null };
    reply.write(eventText({ type: 'message_delta', delta, usage: { output_tokens: 7 } }));
    reply.end(eventText({ type: 'message_stop' }));
  },
};

/** What clients of each API send, and what their streams must have within. */
const clients = {
  'Ollama’s chat': { path: '/api/chat', fields: { think: true }, says: /"error":"upstream/ },
  'OpenAI’s chat': {
    path: '/v1/chat/completions',
    fields: {},
    says: /data: \{"error":\{"message":"upstream/,
  },
  'OpenAI’s responses': {
    path: '/v1/responses',
    fields: {},
    says: /event: (?:error|response\.failed)\n.*upstream/,
  },
  'Anthropic’s messages': {
    path: '/v1/messages',
    fields: { max_tokens: 99 },
    says: /event: error\ndata: .*upstream/,
  },
} as const;
const dialects = Object.entries(clients);

function asked(path: string, model: string, fields: object = {}): object {
  const content = path === '/v1/responses' ? { input: messages } : { messages };
  return { model, stream: true, ...content, ...fields };
}
const ask = (model: string, headers = {}) =>
  post(server, '/api/chat', { model, messages, stream: false }, headers);

describe.each(kinds)('an upstream of the kind %s', (kind) => {
  it.each(dialects)('answers a stream of %s with text, a call and usage', async (_, { path, fields }) => {
    behind[kind].answer((reply) => {
      begins[kind](reply);
      ends[kind](reply);
    });
    const given = { description: '', ...tool };
    const tools = {
      '/v1/responses': [{ type: 'function', ...given }],
      '/v1/messages': [{ name: tool.name, input_schema: tool.parameters }],
    }[path as string] ?? [{ type: 'function', function: given }];
    const usage = path === '/v1/chat/completions' ? { stream_options: { include_usage: true } } : {};
    const reply = await send(server, 'POST', path, asked(path, kind, { ...fields, ...usage, tools }));
    expect(reply.status).toBe(200);
    const text = await reply.text();
    for (const part of ['Grüße', 'Hm.', 'weather', 'Köln']) expect(text).toContain(part);
    expect(text).toMatch(/"(?:eval_count|completion_tokens|output_tokens)":7\b/);
    expect(text).toMatch(/"(?:prompt_eval_count|prompt_tokens|input_tokens)":11\b/);
    expect(behind[kind].requests.at(-1)?.body.tools).toHaveLength(1);
  });

  it.each(dialects)(
    'that breaks off ends a stream of %s with an error',
    async (_, { path, fields, says }) => {
      behind[kind].answer((reply) => {
        begins[kind](reply);
        setTimeout(() => reply.destroy(), 20);
      });
      const reply = await send(server, 'POST', path, asked(path, kind, fields));
      const text = await reply.text();
      expect(text).toContain('Grüße');
      expect(text).toMatch(says);
      // A failure counts against the upstream; an answer makes up for it.
      behind[kind].answer((next) => {
        begins[kind](next);
        ends[kind](next);
      });
      expect((await ask(kind)).status).toBe(200);
    },
  );

  it.each(dialects)('sees a client of %s leave', async (_, { path, fields }) => {
    behind[kind].answer((reply) => begins[kind](reply));
    const leaving = new AbortController();
    const { signal } = leaving;
    const reply = await send(server, 'POST', path, asked(path, kind, fields), { signal });
    await reply.body?.getReader().read();
    leaving.abort();
    await behind[kind].requests.at(-1)?.closed;
  });

  it('that does not know the model, or has enough, says so to the client', async () => {
    behind[kind].answer(status(404, { error: { message: 'no such model' } }));
    expect(await ask(kind)).toMatchObject({
      ...{ status: 404, body: { error: `upstream "by-${kind}": no such model` } },
    });
    behind[kind].answer(status(429, { error: 'slow down' }, { 'retry-after': '1' }));
    const reply = await send(server, 'POST', '/api/chat', { model: kind, messages });
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '1']);
    // It is left alone for the second that it asked for.
    await expect.poll(async () => (await ask(kind)).status, patience).toBe(429);
  });
});

describe('an upstream over TLS', () => {
  it('of a private authority is reached through the proxy, and one of no known authority is not', async () => {
    behind.openai.answer(said('privately'));
    expect(await ask('private')).toMatchObject({ status: 200, body: { message: { content: 'privately' } } });
    expect(proxy.served).toContain(`CONNECT upstream.test:${secure.port}`);
    const before = behind.openai.requests.length;
    const refused = await ask('untrusted');
    expect(refused).toMatchObject({ status: 502, body: { error: expect.stringContaining('`ca`') } });
    expect(behind.openai.requests).toHaveLength(before);
  });
});

describe('several requests', () => {
  it('wait for a place at an upstream that takes one', async () => {
    const held: ServerResponse[] = [];
    behind.openai.answer((reply) => void held.push(reply));
    const replies = [ask('narrow'), ask('narrow')];
    await expect.poll(() => held.length, patience).toBe(1);
    behind.openai.answer(said('second'));
    const [first] = held;
    if (first) void said('first')(first, behind.openai.requests.at(-1) as never);
    const texts = (await Promise.all(replies)).map(({ body }) => JSON.stringify(body));
    expect(texts.map((text) => /first|second/.exec(text)?.[0]).sort()).toEqual(['first', 'second']);
  });

  it('go to the upstream of the highest priority, and to the next one when that fails', async () => {
    behind.openai.answer(said('high'), status(500), said('high'));
    behind.ollama.answer((reply) => {
      begins.ollama(reply);
      ends.ollama(reply);
    });
    const texts = [];
    for (let turn = 0; turn < 3; turn++) texts.push(JSON.stringify((await ask('both')).body));
    expect(texts.map((text) => /high|Grüße/.exec(text)?.[0])).toEqual(['high', 'Grüße', 'high']);
  });
});

it('a recording is written down by an upstream that hears', async () => {
  behind.openai.answer(said('Good morning.'));
  const form = new FormData();
  form.append('model', 'openai');
  form.append('file', new Blob([Buffer.from('RIFF\0\0\0\0WAVEfmt 1234', 'latin1')]), 'a.wav');
  const reply = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form });
  expect([reply.status, await reply.json()]).toEqual([200, { text: 'Good morning.' }]);
  expect(JSON.stringify(behind.openai.requests.at(-1)?.body)).toContain('"input_audio"');
});

it('a batch is answered by an upstream', async () => {
  behind.openai.answer(said('one of many'));
  const line = (custom_id: string) =>
    JSON.stringify({
      ...{ custom_id, method: 'POST', url: '/v1/chat/completions' },
      body: { model: 'openai', messages },
    });
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([`${line('a')}\n${line('b')}\n`]), 'in.jsonl');
  const file = (await (await fetch(`${server.url}/v1/files`, { method: 'POST', body: form })).json()) as {
    id: string;
  };
  const made = await post(server, '/v1/batches', {
    ...{ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
  });
  const { id } = made.body as { id: string };
  const batch = async () =>
    (await (await fetch(`${server.url}/v1/batches/${id}`)).json()) as {
      status: string;
      output_file_id: string;
    };
  await expect.poll(async () => (await batch()).status, patience).toBe('completed');
  const text = await (await fetch(`${server.url}/v1/files/${(await batch()).output_file_id}/content`)).text();
  expect(text.match(/one of many/g)).toHaveLength(2);
});

it('a list names models of upstreams, without an invented size or date', async () => {
  const { stdout } = await runOllama(['list', 'anthropic'], { host: server.host });
  expect(stdout).toMatch(/^anthropic +- +- *$/m);
});
