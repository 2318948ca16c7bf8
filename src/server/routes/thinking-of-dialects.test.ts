/** How requests turn thinking on and off in each dialect, for a model that can think and for one that cannot. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptServer, startScriptServer } from '../../../test/fakes/servers/script-server.ts';
import { parseConfigFile } from '../../config/file/parse-config-file.ts';

const template = `{{ range .Messages }}{{ .Role }}:{{ .Content }} {{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ end }}
{{- if .IsThinkSet }}{{ if .Think }}on{{ .ThinkLevel }}{{ else }}off{{ end }}{{ else }}unset{{ end }}`;

let server: ScriptServer;
beforeEach(async () => {
  server = await startScriptServer({ file: parseConfigFile('aliases: { sonnet: { model: plain } }', 'c') });
  await server.addModel('thinker', { create: { template } });
  await server.addModel('plain');
});
afterEach(() => server.close());

const messages = [{ role: 'user', content: 'hi' }];
const post = async (path: string, body: object) => {
  const response = await server.post(path, body);
  const text = await response.text();
  return { status: response.status, ignored: response.headers.get('X-Ollama-Ignored'), text };
};
const prompt = async () => server.runner.detokenize(server.runner.requests.at(-1)?.prompt ?? []);

const ways = [
  { think: false },
  { enable_thinking: false },
  { thinking: { type: 'disabled' } },
  { reasoning: { effort: 'none' } },
  { chat_template_kwargs: { enable_thinking: false } },
];

describe('a model that can think', () => {
  it.each(ways)('does not think when a chat completion or a response says %j', async (way) => {
    expect(await post('/v1/chat/completions', { model: 'thinker', messages, ...way })).toMatchObject({
      status: 200,
      ignored: null,
    });
    expect(await prompt()).toMatch(/off$/);
    expect(await post('/v1/responses', { model: 'thinker', input: 'hi', ...way })).toMatchObject({
      status: 200,
      ignored: null,
    });
    expect(await prompt()).toMatch(/off$/);
  });

  it.each(ways)('does not think in a text completion, with or without %j', async (way) => {
    for (const fields of [{}, way]) {
      const reply = await post('/v1/completions', { model: 'thinker', prompt: 'hi', ...fields });
      expect(reply).toMatchObject({ status: 200, ignored: null });
      expect(await prompt()).toMatch(/off$/);
    }
  });

  it('does not think in the native API when the arguments of its template say so', async () => {
    const chat_template_kwargs = { enable_thinking: false };
    await post('/api/chat', { model: 'thinker', messages, chat_template_kwargs });
    expect(await prompt()).toMatch(/off$/);
    await post('/api/chat', { model: 'thinker', messages, chat_template_kwargs, think: true });
    expect(await prompt()).toMatch(/on$/);
  });

  it('has the level of an effort in any case, and its own default for other words', async () => {
    for (const [effort, end] of [
      ['HIGH', 'onhigh'],
      ['', 'on'],
      ['default', 'on'],
    ]) {
      await post('/v1/chat/completions', { model: 'thinker', messages, reasoning_effort: effort });
      expect(await prompt()).toMatch(new RegExp(`${end}$`));
    }
  });
});

describe('a model that cannot think', () => {
  it.each([
    ['/v1/chat/completions', { messages, reasoning_effort: 'high' }, 'reasoning_effort'],
    ['/v1/chat/completions', { messages, think: true, think_budget: 5 }, 'think'],
    ['/v1/responses', { input: 'hi', reasoning: { effort: 'medium' } }, 'reasoning.effort'],
    [
      '/v1/messages',
      { messages, max_tokens: 5, thinking: { type: 'enabled', budget_tokens: 1024 } },
      'thinking',
    ],
    ['/v1/completions', { prompt: 'hi', reasoning_effort: 'low' }, 'reasoning_effort'],
    [
      '/api/chat',
      { messages, chat_template_kwargs: { enable_thinking: true } },
      'chat_template_kwargs.enable_thinking',
    ],
  ])('answers %s %j and names the field, also by an alias and in a stream', async (path, body, field) => {
    for (const fields of [{ model: 'plain' }, { model: 'sonnet' }, { model: 'plain', stream: true }]) {
      const { status, ignored, text } = await post(path, { stream: false, ...body, ...fields });
      expect([status, ignored]).toEqual([200, field]);
      expect(text).toContain('Hello');
    }
  });

  it('counts tokens of a request that asks it to think', async () => {
    const body = { model: 'plain', messages, thinking: { type: 'enabled', budget_tokens: 1024 } };
    expect(await post('/v1/messages/count_tokens', body)).toMatchObject({ status: 200 });
  });

  it.each(['/api/chat', '/api/generate'])('is not asked to think by %s, as in Ollama', async (path) => {
    for (const think of [true, 'high']) {
      const { status, text } = await post(path, { model: 'plain', messages, prompt: 'hi', think });
      expect([status, text]).toEqual([400, '{"error":"\\"plain\\" does not support thinking"}']);
    }
    expect(await post(path, { model: 'plain', messages, prompt: 'hi', think: false })).toMatchObject({
      status: 200,
    });
  });
});
