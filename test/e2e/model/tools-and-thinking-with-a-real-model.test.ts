import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { type ChatRequest, type ChatResponse, type Message, Ollama, type Tool } from 'ollama';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { jinjaToolsTemplate, toolsTemplate } from '../support/chat-templates.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { post, upload } from '../support/server-requests.ts';

const weather: Tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: {
      type: 'object',
      required: ['city', 'unit'],
      properties: {
        city: { type: 'string', maxLength: 20 } as object,
        unit: { type: 'string', enum: ['C', 'F'] },
      },
    },
  },
};
const clock: Tool = {
  type: 'function',
  function: { name: 'now', parameters: { type: 'object', properties: {} } },
};
const question: Message = { role: 'user', content: 'What is the weather in Rome?' };
const callId = expect.stringMatching(/^call_[a-z0-9]{8}$/);

/** Includes our own fields, which the official client passes on but does not know. */
type Request = Omit<ChatRequest, 'model' | 'stream'> & Record<string, unknown>;

const create = (request: object) => post(server, '/api/create', { ...request, stream: false });

let server: TestServer;
let client: Ollama;

beforeAll(async () => {
  server = await startTestServer();
  client = new Ollama({ host: server.url });
  const parameters = { temperature: 0, seed: 1, num_ctx: 1024, num_predict: 120 };
  const digest = await upload(server, inject('smolModelPath'));
  await create({ model: 'base', files: { 'model.gguf': digest }, parameters });
  await create({ model: 'go', from: 'base', template: toolsTemplate });
  await create({ model: 'jinja', from: 'base', template: jinjaToolsTemplate });
  await create({ model: 'lfm2', from: 'base', renderer: 'lfm2-thinking', parser: 'lfm2-thinking' });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Answer {
  readonly chunks: ChatResponse[];
  readonly content: string;
  readonly thinking: string;
  readonly calls: NonNullable<Message['tool_calls']>;
  readonly last: ChatResponse | undefined;
}

async function chat(model: string, request: Request): Promise<Answer> {
  const chunks: ChatResponse[] = [];
  // The client passes on fields that it does not know.
  const asked = { model, messages: [question], ...request, verbose_metrics: true };
  for await (const chunk of await client.chat({ ...asked, stream: true })) {
    chunks.push(chunk);
  }
  const joined = (part: 'content' | 'thinking') => chunks.map(({ message }) => message[part] ?? '').join('');
  return {
    chunks,
    content: joined('content'),
    thinking: joined('thinking'),
    calls: chunks.flatMap(({ message }) => message.tool_calls ?? []),
    last: chunks.at(-1),
  };
}

async function* parseLines({ body }: Response): AsyncGenerator<ChatResponse> {
  const lines = createInterface({ input: Readable.fromWeb(body as WebStream) });
  for await (const line of lines) yield JSON.parse(line);
}

describe('a model with a Go template for tools and thinking', () => {
  it('reports both capabilities, also in the list', async () => {
    const { capabilities, template: shown } = await client.show({ model: 'go' });
    expect(capabilities).toEqual(['completion', 'tools', 'thinking']);
    expect(shown).toBe(toolsTemplate);
    const [listed] = (await client.list()).models.filter(({ name }) => name === 'go:latest');
    expect(listed).toMatchObject({ capabilities });
  });

  it('thinks within a budget, and then answers', async () => {
    const { thinking, content, last } = await chat('go', { think: true, think_budget: 12 });
    expect(thinking).not.toBe('');
    expect(content).not.toBe('');
    expect(thinking + content).not.toContain('think>');
    expect(last).toMatchObject({ done: true, eval_thinking_count: expect.any(Number) });
  });

  it('answers at once when its thinking is ended while it thinks', async () => {
    const headers = { 'X-Request-Id': 'impatient' };
    const request = { model: 'go', messages: [question], think: true, options: { num_predict: 800 } };
    const init = { method: 'POST', headers, body: JSON.stringify(request) };
    const reply = await fetch(`${server.url}/api/chat`, init);
    const chunks: ChatResponse[] = [];
    let ended: Promise<Response> | undefined;
    for await (const chunk of parseLines(reply)) {
      chunks.push(chunk);
      if (chunk.message.thinking)
        ended ??= fetch(`${server.url}/api/runs/impatient/answer`, { method: 'POST' });
    }
    expect(await (await ended)?.json()).toEqual({ id: 'impatient', ended: true });
    const content = chunks.map(({ message }) => message.content).join('');
    // Without an end, the thinking would have taken all tokens.
    expect(content).toMatch(/\S/);
    expect(content).not.toContain('think>');
  });

  it('thinks by default, but not if told not to', async () => {
    expect((await chat('go', { think_budget: 5 })).thinking).not.toBe('');
    expect(await chat('go', { think: false })).toMatchObject({
      thinking: '',
      content: expect.stringMatching(/./),
    });
  });

  it('thinks freely before an answer that follows a schema, in one completion', async () => {
    const format = {
      type: 'object',
      properties: { celsius: { type: 'integer', minimum: 0, maximum: 40 } },
      required: ['celsius'],
    };
    const { thinking, content, last } = await chat('go', { think: true, think_budget: 10, format });
    expect(thinking).not.toBe('');
    expect(JSON.parse(content)).toEqual({ celsius: expect.any(Number) });
    expect(last?.done_reason).toBe('stop');
  });
});

describe.each(['go', 'jinja', 'lfm2'])('tool calls of the model "%s"', (model) => {
  const tools = [weather, clock];
  const named = { type: 'function', function: { name: 'get_weather' } };

  it('can be required, and follow their schemas', async () => {
    const request = { tools, tool_choice: named, parallel_tool_calls: false, think: false };
    const { calls, content, last } = await chat(model, request);
    const values = { city: expect.any(String), unit: expect.stringMatching(/^[CF]$/) };
    expect(calls).toEqual([{ id: callId, function: { index: 0, name: 'get_weather', arguments: values } }]);
    expect(content).toBe('');
    expect(last).toMatchObject({ done: true, done_reason: 'stop' });
  });

  it('can be answered, and the conversation continues', async () => {
    const { calls } = await chat(model, {
      tools,
      tool_choice: named,
      parallel_tool_calls: false,
      think: false,
    });
    const messages: Message[] = [
      question,
      { role: 'assistant', content: '', tool_calls: calls },
      { role: 'tool', content: '21 degrees', tool_name: 'get_weather' },
    ];
    const { content, last } = await chat(model, { messages, tools, tool_choice: 'none', think: false });
    expect(content).not.toBe('');
    expect(last).toMatchObject({ done: true });
  });

  it('can be several at a time if that is allowed', async () => {
    const request = {
      tools: [clock],
      tool_choice: 'required',
      think: false,
      options: { temperature: 1.5, seed: 3 },
    };
    const { calls } = await chat(model, request);
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.map((call) => call.function.name)).toEqual(calls.map(() => 'now'));
    expect(new Set(calls.map((call) => (call as { id?: string }).id)).size).toBe(calls.length);
  });
});

describe('an invalid model or request', () => {
  it.each([
    ['a Go template that ends early', { template: 'a\n{{ if .Prompt }}' }, /line 2, column \d+/],
    ['a renderer that does not exist', { renderer: 'none' }, /unknown renderer "none": use one of .*lfm2/],
  ])('is refused at create: %s', async (_, fields, message) => {
    expect(await create({ model: 'x', from: 'base', ...fields })).toEqual({
      status: 400,
      body: { error: expect.stringMatching(message) },
    });
  });

  it('is refused: a required call of a tool that does not exist', async () => {
    const tool_choice = { type: 'function', function: { name: 'other' } };
    const request = { model: 'go', messages: [question], tools: [clock], tool_choice, stream: false };
    expect(await post(server, '/api/chat', request)).toMatchObject({ status: 400 });
  });
});

describe('a template that cannot be used', () => {
  const statuses = async (template: string) => {
    const response = await fetch(`${server.url}/api/create`, {
      method: 'POST',
      body: JSON.stringify({ model: 'x', from: 'base', template }),
    });
    const lines = (await response.text()).trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { status: string }).status);
  };
  const ask = () => {
    const body = { model: 'x', messages: [question], stream: false, options: { num_predict: 4 } };
    return fetch(`${server.url}/api/chat`, { method: 'POST', body: JSON.stringify(body) });
  };

  it.each([
    ['a Jinja template with a wrong tag', '{% if a %}\n{% endfor %}', /line 2, column 1/],
    ['an endless Jinja template', '{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}', /template/],
  ])('is named at create, and chats are written in ChatML: %s', async (_, template, words) => {
    const seen = await statuses(template);
    expect(seen).toContainEqual(expect.stringMatching(words));
    expect(seen.at(-1)).toBe('success');
    const reply = await ask();
    expect([reply.status, reply.headers.get('X-Ollama-Template')]).toEqual([200, 'fallback']);
    expect(server.output()).toContain('template');
  });

  it('is stopped, also an endless one of Go', async () => {
    const endless = '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}';
    expect((await create({ model: 'x', from: 'base', template: endless })).status).toBe(200);
    const reply = await ask();
    expect([reply.status, reply.headers.get('X-Ollama-Template')]).toEqual([200, 'fallback']);
  });
});
