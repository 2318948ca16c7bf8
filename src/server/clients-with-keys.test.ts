/** Official clients raise their own classes of errors when a key is refused. */
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyRecord, keysOf } from '../../test/fakes/access/key-records.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';

let server: ScriptServer;

beforeAll(async () => {
  const keys = await keysOf([
    keyRecord('ok-user'),
    keyRecord('ok-reader', { scopes: ['read'] }),
    keyRecord('ok-other', { models: ['other'] }),
  ]);
  server = await startScriptServer({ keys });
  await server.addModel('m');
});
afterAll(() => server.close());

const fetchFrom = async (url: string | URL | Request, init?: RequestInit) =>
  server.app.request(String(url instanceof Request ? url.url : url), init);
const optionsFor = (apiKey: string, path = '') => ({
  baseURL: `http://localhost${path}`,
  apiKey,
  maxRetries: 0,
  fetch: fetchFrom,
});
const messages = [{ role: 'user' as const, content: 'hi' }];

const refusalOf = (answer: Promise<unknown>) => answer.then(() => undefined).catch((error: unknown) => error);

describe("OpenAI's client", () => {
  const ask = (key: string) =>
    new OpenAI(optionsFor(key, '/v1')).chat.completions.create({ model: 'm', messages });

  it('is answered with a key', async () => {
    expect((await ask('ok-user')).choices).toHaveLength(1);
  });

  it('raises AuthenticationError without a valid one', async () => {
    const error = await refusalOf(ask('ok-unknown'));
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it.each(['ok-reader', 'ok-other'])('raises PermissionDeniedError with %s', async (key) => {
    const error = await refusalOf(ask(key));
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, type: 'permission_error' });
  });

  it('lists the models that the key may use', async () => {
    const idsFor = async (key: string) =>
      (await new OpenAI(optionsFor(key, '/v1')).models.list()).data.map(({ id }) => id);
    expect(await idsFor('ok-user')).toEqual(['m:latest']);
    expect(await idsFor('ok-other')).toEqual([]);
  });
});

describe("Anthropic's client", () => {
  const ask = (options: object) =>
    new Anthropic({ ...optionsFor(''), ...options }).messages.create({ model: 'm', max_tokens: 5, messages });

  it.each([{ apiKey: 'ok-user' }, { apiKey: null, authToken: 'ok-user' }])(
    'is answered with %j',
    async (options) => {
      expect((await ask(options)).content).toHaveLength(1);
    },
  );

  it('raises AuthenticationError without a valid one', async () => {
    const error = await refusalOf(ask({ apiKey: 'ok-unknown' }));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error).toMatchObject({ status: 401, error: { error: { type: 'authentication_error' } } });
  });

  it.each(['ok-reader', 'ok-other'])('raises PermissionDeniedError with %s', async (apiKey) => {
    const error = await refusalOf(ask({ apiKey }));
    expect(error).toBeInstanceOf(Anthropic.PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, error: { error: { type: 'permission_error' } } });
  });
});

describe("Ollama's client", () => {
  const clientOf = (key: string) =>
    new Ollama({
      host: 'http://localhost',
      headers: { Authorization: `Bearer ${key}` },
      fetch: fetchFrom as typeof fetch,
    });

  it('is answered with a key, and raises the status and text of a refusal', async () => {
    expect((await clientOf('ok-user').chat({ model: 'm', messages })).done).toBe(true);
    const unknown = await refusalOf(clientOf('ok-unknown').chat({ model: 'm', messages }));
    expect(unknown).toMatchObject({ name: 'ResponseError', status_code: 401 });
    const forbidden = await refusalOf(clientOf('ok-other').chat({ model: 'm', messages }));
    expect(forbidden).toMatchObject({
      status_code: 403,
      error: expect.stringContaining("may not use the model 'm'"),
    });
  });
});
