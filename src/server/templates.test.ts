import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lenientTemplate, strictTemplate } from '../../test/fakes/chats/jinja-templates.ts';
import { type ScriptServer, startScriptServer } from '../../test/fakes/servers/script-server.ts';
import type { GgufValue } from '../gguf/types.ts';

let server: ScriptServer;

beforeEach(async () => {
  server = await startScriptServer();
});
afterEach(() => server.close());

const text = (value: string): GgufValue => ({ type: 'string', value });
const withTemplate = (template: string, more: Record<string, GgufValue> = {}) => ({
  metadata: { 'tokenizer.chat_template': text(template), ...more },
});
const hi = [{ role: 'user', content: 'hi' }];
const broken = '{% for message in messages %}{{ message.content }';

async function applied(model: string, body: object) {
  const reply = await server.post('/api/apply-template', { model, messages: hi, ...body });
  const { prompt, error } = (await reply.json()) as { prompt?: string; error?: string };
  return { status: reply.status, headers: reply.headers, prompt, error };
}

describe('a template that cannot be used', () => {
  it('is a warning at create, in the words of its parser', async () => {
    const created = async (template: string) => {
      const reply = await server.post('/api/create', { model: 'new', from: 'base', template });
      return { status: reply.status, lines: await reply.text() };
    };
    await server.addModel('base');
    const { status, lines } = await created(broken);
    expect(status).toBe(200);
    expect(lines).toMatch(/"status":"warning: the template cannot be used, [^"]*line 1, column \d+/);
    expect(lines.trimEnd().endsWith('{"status":"success"}')).toBe(true);
    expect((await created("{% if true %}{{ raise_exception('not today') }}{% endif %}")).lines).toContain(
      'not today',
    );
    expect((await created(lenientTemplate)).lines).not.toContain('warning');
  });

  it.each([
    ['that is not valid Jinja', { metadata: { 'tokenizer.chat_template': text(broken) } }],
    ['that fails on plain turns', withTemplate("{% if true %}{{ raise_exception('no') }}{% endif %}")],
    ['in Go that fails', { create: { template: '{{ .Prompt.Length }}' } }],
  ])('%s gives way to ChatML, and the reply and one log line say so', async (_, options) => {
    await server.addModel('m', options);
    for (let round = 0; round < 2; round++) {
      const { status, headers, prompt } = await applied('m', {});
      expect(status).toBe(200);
      expect(headers.get('X-Ollama-Template')).toBe('fallback');
      expect(prompt).toContain('<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n');
    }
    const lines = server.lines.filter(({ message }) => message.includes('template cannot be used'));
    expect(lines).toHaveLength(1);
  });

  it('still offers tools, and reads calls', async () => {
    await server.addModel('m', withTemplate(`${broken}{{ tools }}`));
    const tools = [{ type: 'function', function: { name: 'now' } }];
    const { prompt } = await applied('m', { tools });
    expect(prompt).toContain('"name": "now"');
    server.runner.script = { pieces: ['<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>'] };
    const reply = await server.post('/v1/chat/completions', { model: 'm', messages: hi, tools });
    expect(reply.headers.get('X-Ollama-Template')).toBe('fallback');
    expect(await reply.json()).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: { name: 'now' } }] } }],
    });
  });

  it('of a request is still refused', async () => {
    await server.addModel('m');
    const reply = await server.post('/api/generate', { model: 'm', prompt: 'x', template: broken });
    expect(reply.status).toBe(400);
  });
});

describe('a strict template', () => {
  it('answers a conversation that ends with the role system, in every dialect', async () => {
    await server.addModel('m', withTemplate(strictTemplate));
    const messages = [{ role: 'system', content: 's' }, ...hi, { role: 'system', content: 'later' }];
    expect(await applied('m', { messages })).toMatchObject({
      status: 200,
      prompt: '<system>s</system>\n<user>hi\n\nlater</user><bot>',
    });
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      const reply = await server.post(path, { model: 'm', messages, max_tokens: 5 });
      expect([path, reply.status, reply.headers.get('X-Ollama-Template')]).toEqual([path, 200, null]);
    }
  });
});

describe('a template for conversations with tools', () => {
  it('is used for these only', async () => {
    const tools = [{ type: 'function', function: { name: 'now' } }];
    const forTools = text(`${lenientTemplate}{{ tools[0].function.name }}`);
    await server.addModel(
      'm',
      withTemplate(lenientTemplate, { 'tokenizer.chat_template.tool_use': forTools }),
    );
    expect((await applied('m', { tools })).prompt).toContain('now');
    expect((await applied('m', {})).prompt).not.toContain('now');
    const shown = await server.post('/api/show', { model: 'm' });
    expect(await shown.json()).toMatchObject({ capabilities: expect.arrayContaining(['tools']) });
  });
});

describe('chat_template_kwargs', () => {
  it('reach the Jinja template of the model', async () => {
    await server.addModel('m', withTemplate(`${strictTemplate}{{ style }}`));
    const asked = { chat_template_kwargs: { style: 'brief', bos_token: 'no' } };
    expect((await applied('m', asked)).prompt).toMatch(/brief$/);
    expect((await applied('m', asked)).headers.get('X-Ollama-Ignored')).toBeNull();
  });

  it('are named as ignored where the model has another template, except those that switch thinking', async () => {
    await server.addModel('m', { create: { template: '{{ .Prompt }}' } });
    const ignored = async (chat_template_kwargs: object) =>
      (await applied('m', { chat_template_kwargs })).headers.get('X-Ollama-Ignored');
    expect(await ignored({ style: 'brief' })).toBe('chat_template_kwargs');
    expect(await ignored({ enable_thinking: false })).toBeNull();
  });
});
