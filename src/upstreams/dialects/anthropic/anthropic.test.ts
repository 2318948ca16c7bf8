import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../api/chat.ts';
import type { Addressee, AnswerPart } from '../dialect.ts';
import { AnthropicReader } from './reader.ts';
import { anthropicRun } from './request.ts';

const to: Addressee = { upstream: 'up', model: 'theirs', extensions: false, host: 'api.example' };
const messages = [{ role: 'user', content: 'hi' }];
const chat = (request: ChatRequest) =>
  anthropicRun({ kind: 'chat', request: { model: 'ours', messages, ...request } }, to);
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];

describe('a chat for an upstream with Anthropic’s API', () => {
  it('has turns that alternate, systems in front, and results as blocks of the user', () => {
    const { body, ignored } = chat({
      messages: [
        { role: 'system', content: 'one' },
        ...messages,
        { role: 'user', content: 'again' },
        {
          ...{ role: 'assistant', content: '', thinking: 'Hm' },
          tool_calls: [{ id: 'c1', function: { index: 0, name: 'f', arguments: { x: 1 } } }],
        },
        { role: 'tool', content: 'result', tool_call_id: 'c1' },
        { role: 'user', content: 'so?' },
      ],
    });
    expect(body.system).toBe('one');
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'text', text: 'again' },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { x: 1 } }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'result' }] },
          { type: 'text', text: 'so?' },
        ],
      },
    ]);
    expect(ignored).toEqual(['messages.thinking']);
  });

  it('names marks for the cache that are lost', () => {
    expect(chat({ hasCacheMarks: true }).ignored).toEqual(['cache_control']);
  });

  it('always has a limit, and says which if the request has none', () => {
    expect(chat({})).toMatchObject({ body: { max_tokens: 8192 }, answerLimit: 8192 });
    const limited = chat({ options: { num_predict: 5 } });
    expect(limited.body.max_tokens).toBe(5);
    expect(limited).not.toHaveProperty('answerLimit');
  });

  it('thinks within its limit, and names the sampling that the API then refuses', () => {
    const thinking = chat({ think: 'max', options: { num_predict: 4000, temperature: 0.5, top_k: 3 } });
    expect(thinking.body.thinking).toEqual({ type: 'enabled', budget_tokens: 3999 });
    expect(thinking.ignored).toEqual(['options.temperature', 'options.top_k']);
    expect(chat({ think: false }).body).not.toHaveProperty('thinking');
  });

  it.each([
    ['the limit is too low', { options: { num_predict: 500 } }],
    ['a call is forced', { tools, tool_choice: 'required' as const }],
    ['results of tools are the last', { messages: [...messages, { role: 'tool', content: 'x' }] }],
  ])('does not think where the API refuses that, because %s', (_, request) => {
    const { body, ignored } = chat({ think: true, ...request });
    expect(body).not.toHaveProperty('thinking');
    expect(ignored).toContain('think');
  });

  it('chooses tools', () => {
    const choice = (request: ChatRequest) => chat({ tools, ...request }).body.tool_choice;
    expect(choice({})).toBeUndefined();
    expect(choice({ tool_choice: 'none' })).toEqual({ type: 'none' });
    expect(choice({ tool_choice: 'required' })).toEqual({ type: 'any' });
    expect(choice({ tool_choice: { type: 'function', function: { name: 'f' } } })).toEqual({
      ...{ type: 'tool', name: 'f' },
    });
    expect(choice({ parallel_tool_calls: false })).toEqual({ type: 'auto', disable_parallel_tool_use: true });
  });

  it('samples as the API allows it', () => {
    const { body, ignored } = chat({
      options: { temperature: 1, top_p: 1, top_k: 4, stop: ['x'], min_p: 0.1, seed: 3 },
    });
    expect(body).toMatchObject({ top_k: 4, stop_sequences: ['x'] });
    expect(body).not.toHaveProperty('temperature');
    expect(ignored).toEqual(['options.min_p', 'options.seed']);
    expect(chat({ options: { temperature: 1.5 } }).ignored).toEqual(['options.temperature']);
  });

  it('holds answers to schemas, and refuses JSON without one', () => {
    const schema = { type: 'object' };
    expect(chat({ format: schema }).body.output_config).toEqual({ format: { type: 'json_schema', schema } });
    expect(() => chat({ format: 'json' })).toThrow('field "format" cannot be passed on');
  });
});

describe('a stream of Anthropic’s API', () => {
  function read(...events: object[]): AnswerPart[] {
    const reader = new AnthropicReader();
    const parts = events.flatMap((event) =>
      reader.read({ name: '', data: Buffer.from(JSON.stringify(event)) }),
    );
    return [...parts, ...reader.end()];
  }
  const start = {
    type: 'message_start',
    message: {
      usage: {
        input_tokens: 3,
        cache_read_input_tokens: 4,
        cache_creation_input_tokens: 2,
        output_tokens: 1,
      },
    },
  };
  const block = (index: number, content_block: object) => ({
    type: 'content_block_start',
    index,
    content_block,
  });
  const delta = (index: number, given: object) => ({ type: 'content_block_delta', index, delta: given });
  const stop = (index: number) => ({ type: 'content_block_stop', index });
  const end = (stop_reason: string, stop_sequence: string | null = null) => ({
    ...{ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage: { output_tokens: 9 } },
  });

  it('becomes thinking, text and calls, with tokens of the cache among those of the prompt', () => {
    const parts = read(
      start,
      { type: 'ping' },
      block(0, { type: 'thinking', thinking: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
      delta(0, { type: 'signature_delta', signature: 'abc' }),
      stop(0),
      block(1, { type: 'text', text: '' }),
      delta(1, { type: 'text_delta', text: 'Let me see' }),
      stop(1),
      block(2, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }),
      delta(2, { type: 'input_json_delta', partial_json: '{"x"' }),
      delta(2, { type: 'input_json_delta', partial_json: ': 1}' }),
      stop(2),
      end('tool_use'),
      { type: 'message_stop' },
    );
    expect(parts).toEqual([
      { type: 'text', content: '', thinking: 'Hm', calls: [] },
      { type: 'text', content: 'Let me see', thinking: '', calls: [] },
      {
        ...{ type: 'text', content: '', thinking: '' },
        calls: [{ id: 'toolu_1', function: { index: 0, name: 'f', arguments: { x: 1 } } }],
      },
      { type: 'end', reason: 'stop', usage: { prompt: 9, cached: 4, thinking: 0, output: 9 } },
    ]);
  });

  it.each([
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['stop_sequence', 'stop'],
    ['refusal', 'stop'],
  ])('that ends with %s ends with %s', (reason, expected) => {
    const parts = read(start, end(reason, 'END'), { type: 'message_stop' });
    expect(parts.at(-1)).toMatchObject({ type: 'end', reason: expected, stopText: 'END' });
  });

  it('that breaks off, or reports an error, is one', () => {
    expect(() => read(start, block(0, { type: 'text', text: 'x' }))).toThrow('in the middle');
    expect(() =>
      read(start, { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }),
    ).toThrow('busy');
  });
});
