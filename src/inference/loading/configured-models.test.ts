import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { parseConfigFile } from '../../config/file/parse-config-file.ts';

let server: ScriptServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (yaml: string): Promise<ScriptServer> => {
  server = await startScriptServer({ file: parseConfigFile(yaml, 'c') });
  await server.addModel('base', { create: { parameters: { num_ctx: 100, top_k: 10 } } });
  return server;
};

const messages = [{ role: 'user', content: 'x' }];
type Wire = Record<string, unknown> & { models: Record<string, unknown>[]; data: Record<string, unknown>[] };
const json = async (response: Response | Promise<Response>) => (await (await response).json()) as Wire;

describe('models and aliases of the config file', () => {
  it('add options between the model and the request', async () => {
    const { post, loads } = await start(`
models: { base: { options: { num_ctx: 64 } } }
aliases: { big: { model: base, options: { num_ctx: 128 } } }
`);
    for (const [model, options] of [['base'], ['big'], ['big', { num_ctx: 256 }]] as const) {
      await post('/api/chat', { model, messages, options, stream: false, keep_alive: 0 });
    }
    expect(loads.map(({ contextLength }) => contextLength)).toEqual([64, 128, 256]);
  });

  it('answer under the requested name, in every dialect', async () => {
    const { post } = await start('aliases: { gpt: { model: base } }');
    const ask = { model: 'gpt', messages, stream: false };
    expect(await json(post('/api/chat', ask))).toMatchObject({ model: 'gpt' });
    expect(await json(post('/api/generate', { model: 'gpt', prompt: 'x', stream: false }))).toMatchObject({
      model: 'gpt',
    });
    expect(await json(post('/v1/chat/completions', ask))).toMatchObject({ model: 'gpt' });
    expect(
      await json(
        post('/v1/messages', { ...ask, max_tokens: 5, thinking: { type: 'enabled', budget_tokens: 1024 } }),
      ),
    ).toMatchObject({ model: 'gpt' });
    expect(await json(post('/api/tokenize', { model: 'gpt', content: 'a' }))).toHaveProperty('tokens');
    expect(await json(post('/api/load', { model: 'gpt', stream: false }))).toMatchObject({
      model: 'gpt:latest',
    });
    expect(await json(post('/api/unload', { model: 'gpt', stream: false }))).toMatchObject({
      model: 'gpt:latest',
    });
  });

  it('are shown and listed with the details of their model', async () => {
    const { post, app } = await start(
      'aliases: { gpt: { model: base, options: { top_k: 3 } }, lost: { model: no } }',
    );
    const parametersOf = async (model: string) => (await json(post('/api/show', { model }))).parameters;
    expect(await parametersOf('gpt')).toMatch(/top_k +3/);
    expect(await parametersOf('base')).toMatch(/top_k +10/);
    const { models } = await json(app.request('/api/tags'));
    expect(models.map(({ name }) => name).sort()).toEqual(['base:latest', 'gpt:latest']);
    expect(models[0]?.digest).toBe(models[1]?.digest);
    const { data } = await json(app.request('/v1/models'));
    expect(data.map(({ id }) => id).sort()).toEqual(['base:latest', 'gpt:latest']);
    expect(await json(app.request('/v1/models/gpt'))).toMatchObject({ id: 'gpt:latest' });
  });

  it('have the details of their model wherever they are reported', async () => {
    const { post, app } = await start('aliases: { gpt: { model: second }, second: { model: base } }');
    const { details } = (await json(post('/api/show', { model: 'base' }))) as { details?: object };
    expect(details).toMatchObject({ family: 'llama', format: 'gguf' });
    await post('/api/chat', { model: 'gpt', messages, stream: false });
    const running = { name: 'base:latest', model: 'base:latest', details };
    expect((await json(app.request('/api/ps'))).models).toMatchObject([running]);
    for (const name of ['gpt', 'second']) {
      expect(await json(post('/api/show', { model: name }))).toMatchObject({ details });
      const { models } = await json(app.request('/api/tags'));
      expect(models.find((model) => model.name === `${name}:latest`)).toMatchObject({ details });
    }
  });

  it('cause an error with both names if the model does not exist', async () => {
    const { post } = await start('aliases: { gpt: { model: gone } }');
    const reply = await post('/api/chat', { model: 'gpt', messages });
    expect(reply.status).toBe(404);
    expect(await reply.json()).toEqual({
      error:
        "model 'gpt:latest' not found: the config file makes it an alias of 'gone:latest', which is not on this server",
    });
  });

  it('take precedence over a model of the same name, and the log reports this once', async () => {
    const { post, loads, lines, addModel, app } = await start(
      'aliases: { own: { model: base, options: { num_ctx: 77 } } }',
    );
    await addModel('own');
    const { models } = await json(app.request('/api/tags'));
    expect(models.map(({ name }) => name).sort()).toEqual(['base:latest', 'own:latest']);
    for (let time = 0; time < 2; time++) await post('/api/chat', { model: 'own', messages, stream: false });
    expect(loads.map(({ contextLength }) => contextLength)).toEqual([77]);
    expect(lines.filter(({ message }) => message.includes('hides'))).toHaveLength(1);
  });

  it('are ignored by operations that change the store', async () => {
    const { post, app } = await start('aliases: { gpt: { model: base } }');
    const remove = await app.request('/api/delete', { method: 'DELETE', body: '{"model":"gpt"}' });
    expect(remove.status).toBe(404);
    expect(await remove.json()).toEqual({
      error: "'gpt' is an alias of 'base:latest' in the config file: remove it there",
    });
    expect((await post('/api/copy', { source: 'gpt', destination: 'x' })).status).toBe(404);
    expect((await json(app.request('/api/tags'))).models).toHaveLength(2);
  });

  it('determine how long a model stays loaded, unless the request does', async () => {
    const { post, scheduler } = await start(
      'models: { base: { keep_alive: 1h } }\naliases: { gpt: { model: base, keep_alive: -1 } }',
    );
    const stays = async (model: string, keep_alive?: number) => {
      await post('/api/chat', { model, messages, stream: false, keep_alive });
      const expires = scheduler.running()[0]?.expiresAt;
      return expires instanceof Date ? Math.round((expires.getTime() - Date.now()) / 60_000) : expires;
    };
    expect(await stays('base')).toBe(60);
    expect(await stays('gpt')).toBe('forever');
    expect(await stays('gpt', 120)).toBe(2);
  });
});
