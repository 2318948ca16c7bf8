import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../api/chat.ts';
import type { Addressee, AnswerPart, AskedRun } from '../dialect.ts';
import { openAiRun } from './request.ts';
import { isStrictSchema } from './strict-schema.ts';

const to: Addressee = { upstream: 'up', model: 'theirs', extensions: false, host: 'api.example' };
const messages = [{ role: 'user', content: 'hi' }];
const chat = (request: ChatRequest, extra: Partial<Addressee> = {}) =>
  openAiRun({ kind: 'chat', request: { model: 'ours', messages, ...request } }, { ...to, ...extra });

/** What the reader makes of the events of a recorded stream. */
function read(run: AskedRun, ...events: (object | string)[]): AnswerPart[] {
  const reader = openAiRun(run, to).reader();
  const parts = events.flatMap((event) =>
    reader.read({ name: '', data: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)) }),
  );
  return [...parts, ...reader.end()];
}
const readChat = (...events: (object | string)[]) => read({ kind: 'chat', request: {} }, ...events);
const chunk = (delta: object, rest: object = {}) => ({ choices: [{ index: 0, delta, ...rest }] });

describe('a chat for an upstream with OpenAI’s API', () => {
  it('has its model, messages and sampling, and asks for usage', () => {
    const { path, body, ignored } = chat({
      options: { temperature: 0.5, top_p: 0.9, seed: 3, num_predict: 7, stop: ['x'], frequency_penalty: 1 },
    });
    expect(path).toBe('/chat/completions');
    expect(body).toEqual({
      model: 'theirs',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      ...{ temperature: 0.5, top_p: 0.9, seed: 3, max_tokens: 7, stop: ['x'], frequency_penalty: 1 },
    });
    expect(ignored).toEqual([]);
  });

  it('names what the API does not have, unless the upstream has extensions', () => {
    const request = {
      keep_alive: '5m',
      think_budget: 9,
      cache_salt: 's',
      chat_template_kwargs: { x: 1 },
      options: { top_k: 3, min_p: 0.1, repeat_penalty: 1.1, num_ctx: 100 },
    };
    const plain = chat(request);
    expect([...plain.ignored].sort()).toEqual([
      'cache_salt',
      'chat_template_kwargs',
      'keep_alive',
      'options.min_p',
      'options.num_ctx',
      'options.repeat_penalty',
      'options.top_k',
      'think_budget',
    ]);
    const extended = chat(request, { extensions: true });
    expect(extended.body).toMatchObject({ top_k: 3, min_p: 0.1, repetition_penalty: 1.1, cache_salt: 's' });
    expect([...extended.ignored].sort()).toEqual([
      'chat_template_kwargs',
      'keep_alive',
      'options.num_ctx',
      'think_budget',
    ]);
  });

  it('limits an answer as OpenAI itself wants it, and leaves out what it refuses', () => {
    const { body } = chat(
      { options: { num_predict: 5, temperature: 1, top_p: 1, seed: -1 } },
      { host: 'api.openai.com' },
    );
    expect(body).toMatchObject({ max_completion_tokens: 5 });
    for (const name of ['max_tokens', 'temperature', 'top_p', 'seed']) expect(body).not.toHaveProperty(name);
  });

  it('biases tokens by their numbers', () => {
    const { body, ignored } = chat({
      options: {
        logit_bias: [
          [11, 2],
          [12, false],
          ['word', 1],
        ],
      },
    });
    expect(body.logit_bias).toEqual({ 11: 2, 12: -100 });
    expect(ignored).toEqual(['options.logit_bias']);
  });

  it('asks for thinking as far as it can be asked for', () => {
    expect(chat({ think: 'low' }).body.reasoning_effort).toBe('low');
    expect(chat({ think: true }).body.reasoning_effort).toBe('medium');
    expect(chat({ think: false }).body.reasoning_effort).toBe('none');
    const { body } = chat({ think: false }, { extensions: true });
    expect(body.chat_template_kwargs).toEqual({ enable_thinking: false });
  });

  it('gives each call an ID, and each result that of its call', () => {
    const call = (name: string, index: number) => ({ function: { index, name, arguments: { index } } });
    const history = [
      ...messages,
      { role: 'assistant', content: '', tool_calls: [call('a', 0), call('b', 1)] },
      { role: 'tool', content: 'of b', tool_name: 'b' },
      { role: 'tool', content: 'of a' },
    ];
    const sent = chat({ messages: history }).body.messages as {
      content: string | null;
      tool_calls?: { id: string; function: object }[];
      tool_call_id?: string;
    }[];
    const [first, second] = sent[1]?.tool_calls ?? [];
    expect(sent[1]?.content).toBeNull();
    expect(first?.function).toEqual({ name: 'a', arguments: '{"index":0}' });
    expect(sent[2]).toMatchObject({ tool_call_id: second?.id, content: 'of b' });
    expect(sent[3]).toMatchObject({ tool_call_id: first?.id, content: 'of a' });
  });

  it('sends pictures and sounds by their types, and refuses others', () => {
    const png = Buffer.from('\x89PNG\r\n\x1a\n12345678', 'latin1').toString('base64');
    const wav = Buffer.from('RIFF\0\0\0\0WAVEfmt 1234', 'latin1').toString('base64');
    const sent = chat({ messages: [{ role: 'user', content: 'see', images: [png, wav] }] });
    expect(sent.body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          { type: 'input_audio', input_audio: { data: wav, format: 'wav' } },
          { type: 'text', text: 'see' },
        ],
      },
    ]);
    const odd = Buffer.from('no picture at all').toString('base64');
    expect(() => chat({ messages: [{ role: 'user', content: '', images: [odd] }] })).toThrow('images[0]');
  });

  it('does not offer tools that must not be called', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(chat({ tools, tool_choice: 'none' }).body).not.toHaveProperty('tools');
    expect(chat({ tools, tool_choice: 'required' }).body).toMatchObject({ tools, tool_choice: 'required' });
  });
});

describe('a prompt for an upstream with OpenAI’s API', () => {
  const generate = (request: object) =>
    openAiRun({ kind: 'generate', request: { model: 'ours', prompt: 'p', ...request } }, to);

  it('is a conversation, and a raw one is not', () => {
    expect(generate({ system: 's' }).body.messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: 'p' },
    ]);
    expect(generate({ raw: true })).toMatchObject({ path: '/completions', body: { prompt: 'p' } });
    expect(generate({ suffix: 'end' }).body).toMatchObject({ prompt: 'p', suffix: 'end' });
  });

  it.each([
    ['context', { context: [1] }],
    ['template', { template: 'x' }],
    ['format', { raw: true, format: 'json' }],
    ['images', { raw: true, images: ['QUJD'] }],
  ])('with "%s" is refused', (field, request) => {
    expect(() => generate(request)).toThrow(`field "${field}" cannot be passed on to the upstream "up"`);
  });
});

describe('a stream of OpenAI’s API', () => {
  it('becomes texts, thinking under either name, and the usage at the end', () => {
    const parts = readChat(
      chunk({ role: 'assistant', content: '' }),
      chunk({ reasoning_content: 'Hm' }),
      chunk({ reasoning: '.' }),
      chunk({ content: 'Yes' }),
      chunk({}, { finish_reason: 'stop', stop_reason: 'END' }),
      {
        choices: [],
        usage: {
          ...{ prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4 } },
          completion_tokens_details: { reasoning_tokens: 2 },
        },
      },
      '[DONE]',
    );
    expect(parts).toEqual([
      { type: 'text', content: '', thinking: 'Hm', calls: [] },
      { type: 'text', content: '', thinking: '.', calls: [] },
      { type: 'text', content: 'Yes', thinking: '', calls: [] },
      {
        ...{ type: 'end', reason: 'stop', stopText: 'END' },
        usage: { prompt: 5, output: 3, cached: 4, thinking: 2 },
      },
    ]);
  });

  it('puts calls together whose arguments come in pieces, as vLLM and OpenAI send them', () => {
    const piece = (index: number, called: object, id?: string) =>
      chunk({ tool_calls: [{ index, ...(id && { id, type: 'function' }), function: called }] });
    const parts = readChat(
      piece(0, { name: 'a', arguments: '' }, 'call_1'),
      piece(0, { arguments: '{"x":' }),
      piece(0, { arguments: ' 1}' }),
      piece(1, { name: 'b', arguments: '{}' }, 'call_2'),
      chunk({}, { finish_reason: 'tool_calls' }),
      '[DONE]',
    );
    const calls = parts.flatMap((part) => (part.type === 'text' ? part.calls : []));
    expect(calls).toEqual([
      { id: 'call_1', function: { index: 0, name: 'a', arguments: { x: 1 } } },
      { id: 'call_2', function: { index: 1, name: 'b', arguments: {} } },
    ]);
  });

  it('tells calls apart that all have the number 0', () => {
    const call = (id: string) =>
      chunk({ tool_calls: [{ index: 0, id, function: { name: 'a', arguments: '{}' } }] });
    const parts = readChat(call('one'), call('two'), chunk({}, { finish_reason: 'tool_calls' }), '[DONE]');
    expect(parts.flatMap((part) => (part.type === 'text' ? part.calls : []))).toHaveLength(2);
  });

  it('tells calls apart that have neither an ID nor a number of their own', () => {
    const call = (x: number) =>
      chunk({ tool_calls: [{ index: 0, function: { name: 'a', arguments: JSON.stringify({ x }) } }] });
    const parts = readChat(call(1), call(2), chunk({}, { finish_reason: 'tool_calls' }), '[DONE]');
    const calls = parts.flatMap((part) => (part.type === 'text' ? part.calls : []));
    expect(calls.map((made) => made.function.arguments)).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('may leave out numbers of calls, but not go back to a call that has ended', () => {
    const piece = (index: number, called: object) => chunk({ tool_calls: [{ index, function: called }] });
    const begun = [piece(3, { name: 'a', arguments: '{}' }), piece(7, { name: 'b', arguments: '{"y":' })];
    const parts = readChat(
      ...begun,
      piece(7, { arguments: '1}' }),
      chunk({}, { finish_reason: 'tool_calls' }),
      '[DONE]',
    );
    expect(parts.flatMap((part) => (part.type === 'text' ? part.calls : []))).toMatchObject([
      { function: { index: 0, name: 'a', arguments: {} } },
      { function: { index: 1, name: 'b', arguments: { y: 1 } } },
    ]);
    expect(() => readChat(...begun, piece(3, { arguments: '{}' }))).toThrow('behind the end of that call');
  });

  it('of several choices is the first one', () => {
    const choice = (index: number, content: string) => ({ index, delta: { content }, finish_reason: null });
    const parts = readChat(
      { choices: [choice(1, 'other'), choice(0, 'a')] },
      { choices: [{ ...choice(1, ''), finish_reason: 'length' }] },
      { choices: [choice(1, 'other')] },
      { choices: [choice(0, 'b')] },
      { choices: [{ ...choice(0, ''), finish_reason: 'stop' }] },
      '[DONE]',
    );
    expect(parts).toMatchObject([{ content: 'a' }, { content: 'b' }, { type: 'end', reason: 'stop' }]);
  });

  it('may have an error of null in each chunk, white space around its end, and anything behind it', () => {
    const parts = readChat(
      { ...chunk({ content: 'a' }), error: null },
      chunk({}, { finish_reason: 'stop' }),
      ' [DONE] ',
      chunk({ content: 'late' }),
      '{oops',
    );
    expect(parts).toMatchObject([{ content: 'a' }, { type: 'end' }]);
  });

  it('keeps arguments that a limit cut as text', () => {
    const parts = readChat(
      chunk({ tool_calls: [{ index: 0, id: 'x', function: { name: 'a', arguments: '{"x": "unfin' } }] }),
      chunk({}, { finish_reason: 'length' }),
      '[DONE]',
    );
    expect(parts).toMatchObject([
      { calls: [{ function: { arguments: '{"x": "unfin' } }] },
      { type: 'end', reason: 'length' },
    ]);
  });

  it('that ends without a reason, or reports an error, is one', () => {
    expect(() => readChat(chunk({ content: 'x' }))).toThrow('in the middle of its answer');
    expect(() => readChat({ error: { message: 'broken' } })).toThrow('broken');
    expect(() => readChat('{oops')).toThrow('not the JSON of its API');
  });

  it('of the older API has texts', () => {
    const run: AskedRun = { kind: 'generate', request: { raw: true } };
    const parts = read(
      run,
      { choices: [{ text: 'a', finish_reason: null }] },
      { choices: [{ text: '', finish_reason: 'stop' }] },
    );
    expect(parts).toMatchObject([{ content: 'a' }, { type: 'end', reason: 'stop' }]);
  });
});

it('takes a schema as strict only if OpenAI does', () => {
  const strict = {
    ...{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    additionalProperties: false,
  };
  expect(isStrictSchema(strict)).toBe(true);
  expect(isStrictSchema({ ...strict, required: [] })).toBe(false);
  expect(isStrictSchema({ type: 'array', items: { type: 'object', properties: {} } })).toBe(false);
});
