import OpenAI, { APIError } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientOptions } from '../../test/fakes/servers/client-server.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import { OllamaError } from '../base/errors.ts';
import { type ListeningServer, listen } from './serve.ts';

const made = /^req_[0-9a-f]{24}$/;
const uuid = '3f2c1a9e-55aa-4a0c-9b0e-0d9c7d3a5f10';
const hi = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

let server: ScriptServer;
beforeEach(async () => {
  server = await startScriptServer();
  await server.addModel('m');
});
afterEach(() => server.close());

const idsOf = (message: string) =>
  server.lines.filter((line) => line.message === message).map(({ fields }) => fields?.requestId);

describe('the ID of a request', () => {
  it.each(['/api/chat', '/v1/chat/completions', '/v1/messages', '/v1/responses', '/api/none', '/v1/none'])(
    'is taken from the client, or made, and returned by %s',
    async (path) => {
      const body = { ...hi, input: 'hi', max_tokens: 5, stream: false };
      const taken = await server.post(path, body, { 'X-Request-Id': uuid });
      expect(taken.headers.get('X-Request-Id')).toBe(uuid);
      const given = (await server.post(path, body)).headers.get('X-Request-Id');
      const again = (await server.post(path, body)).headers.get('X-Request-Id');
      expect(given).toMatch(made);
      expect(again).toMatch(made);
      expect(again).not.toBe(given);
      expect(idsOf('request')).toEqual([uuid, given, again]);
    },
  );

  it('is taken from the other headers that routers read, after `X-Request-Id`', async () => {
    for (const name of ['X-Correlation-Id', 'X-Trace-Id', 'Request-Id']) {
      const headers = { [name]: 'abc-1' };
      const reply = await server.app.request('/api/tags', { headers });
      expect(reply.headers.get('X-Request-Id')).toBe('abc-1');
      const both = await server.app.request('/api/tags', {
        headers: { ...headers, 'X-Request-Id': 'first' },
      });
      expect(both.headers.get('X-Request-Id')).toBe('first');
    }
  });

  it.each(['x'.repeat(129), 'a b', 'é', '"', 'a,b', '', 'x{y}'])('is not taken if it is %j', async (id) => {
    const reply = await server.app.request('/api/tags', { headers: { 'X-Request-Id': id } });
    expect(reply.headers.get('X-Request-Id')).toMatch(made);
  });

  it('is taken up to its longest, with all characters that it may have', async () => {
    for (const id of ['x'.repeat(128), '00-4bf92f-00f067-01', 'a/b+c=d@e:f_g.h']) {
      const reply = await server.app.request('/api/tags', { headers: { 'X-Request-Id': id } });
      expect(reply.headers.get('X-Request-Id')).toBe(id);
    }
  });

  it('is in the header of refusals, and in the body where a dialect has a place for it', async () => {
    const refusals = [
      server.post('/api/chat', '{', { 'X-Request-Id': uuid }),
      server.post('/v1/messages', '{', { 'X-Request-Id': uuid }),
      server.post(
        '/v1/chat/completions',
        { ...hi, model: 'none' },
        { 'X-Request-Id': uuid, Origin: 'http://evil' },
      ),
      Promise.resolve(server.app.request('/api/chat', { headers: { 'X-Request-Id': uuid } })),
    ];
    const replies = await Promise.all(refusals);
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 403, 405]);
    expect(replies.map(({ headers }) => headers.get('X-Request-Id'))).toEqual(Array(4).fill(uuid));
    expect(replies[1]?.headers.get('request-id')).toBe(uuid);
    expect(await replies[1]?.json()).toMatchObject({ type: 'error', request_id: uuid });
  });

  it('names the request in the log lines that are written while it runs', async () => {
    const send = { 'X-Request-Id': uuid };
    const long = { role: 'user', content: 'word '.repeat(300) };
    const messages = [long, { role: 'assistant', content: 'x' }, ...hi.messages];
    await server.post('/api/chat', { ...hi, messages, options: { num_ctx: 64 }, stream: false }, send);
    expect(idsOf('prompt truncated to fit the context')).toEqual([uuid]);
    server.runner.script = { pieces: ['a'], failure: new OllamaError('runner-failed', 'it died') };
    const streams = [
      ['/api/chat', { ...hi }],
      ['/v1/chat/completions', { ...hi, stream: true }],
      ['/v1/responses', { model: 'm', input: 'hi', stream: true }],
      ['/v1/messages', { ...hi, max_tokens: 5, stream: true }],
    ] as const;
    for (const [path, body] of streams) {
      const text = await (await server.post(path, body, send)).text();
      expect(text.includes(`"request_id":"${uuid}"`)).toBe(path === '/v1/messages');
    }
    expect(idsOf('request failed while streaming')).toEqual(streams.map(() => uuid));
  });

  it('is known to the official client, for replies and for errors', async () => {
    const client = new OpenAI({ ...clientOptions(server, '/v1'), defaultHeaders: { 'X-Request-Id': uuid } });
    const { request_id: id } = await client.chat.completions
      .create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
      .withResponse();
    expect(id).toBe(uuid);
    const error: unknown = await client.models.retrieve('none').catch((reason: unknown) => reason);
    expect(error instanceof APIError && error.requestID).toBe(uuid);
  });
});

describe('a real port', () => {
  let listening: ListeningServer;
  beforeEach(async () => {
    const replies = new Map([['/api/version', { quick: true }]]);
    listening = await listen(server.app, { host: '127.0.0.1', port: 0 }, { replies });
  });
  afterEach(() => listening.close(0));

  it('has the ID in quick replies too, and in streams', async () => {
    const get = (headers: Record<string, string>) => fetch(`${listening.url}/api/version`, { headers });
    expect((await get({})).headers.get('X-Request-Id')).toMatch(made);
    expect((await get({ 'X-Request-Id': uuid })).headers.get('X-Request-Id')).toBe(uuid);
    const init = { method: 'POST', body: JSON.stringify(hi), headers: { 'X-Request-Id': uuid } };
    const stream = await fetch(`${listening.url}/api/chat`, init);
    expect(stream.headers.get('X-Request-Id')).toBe(uuid);
    expect(await stream.text()).toContain('"done":true');
  });
});
