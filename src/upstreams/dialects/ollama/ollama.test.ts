import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../../api/chat.ts';
import type { Addressee } from '../dialect.ts';
import { OllamaReader } from './reader.ts';
import { ollamaRun } from './request.ts';

const to: Addressee = { upstream: 'up', model: 'theirs', extensions: false, host: 'ollama.example' };
const messages = [{ role: 'user', content: 'hi' }];
const chat = (request: ChatRequest, extensions = false) =>
  ollamaRun({ kind: 'chat', request: { model: 'ours', messages, ...request } }, { ...to, extensions });
const tools = [{ type: 'function', function: { name: 'f' } }];

describe('a chat for an upstream with Ollama’s API', () => {
  it('is the same with another model, without what is never on the wire', () => {
    const { body, ignored } = chat({
      ...{ stream: false, think: true, keep_alive: '1m', format: 'json', options: { num_ctx: 9 } },
      ...{ thinkField: 'thinking', formatField: 'x', areToolsOptional: true },
      messages: [{ role: 'user', content: 'hi', images: ['QUJD'], imagePlaces: ['messages[0]'] }],
    });
    expect(body).toEqual({
      ...{ model: 'theirs', stream: true, think: true, keep_alive: '1m', format: 'json' },
      ...{ options: { num_ctx: 9 }, messages: [{ role: 'user', content: 'hi', images: ['QUJD'] }] },
    });
    expect(ignored).toEqual([]);
  });

  it('names what only ollama-ts has, and sends it to an upstream that has it', () => {
    const request: ChatRequest = {
      ...{
        tools,
        tool_choice: 'required',
        think_budget: 5,
        verbose_metrics: true,
        parallel_tool_calls: false,
      },
      options: { min_tokens: 3, top_k: 2 },
    };
    const plain = chat(request);
    expect([...plain.ignored].sort()).toEqual(['options.min_tokens', 'think_budget', 'tool_choice']);
    expect(plain.body).not.toHaveProperty('tool_choice');
    const extended = chat(request, true);
    expect(extended.ignored).toEqual([]);
    expect(extended.body).toMatchObject({ tool_choice: 'required', think_budget: 5, verbose_metrics: true });
    expect(extended.body.options).toEqual({ min_tokens: 3, top_k: 2 });
  });

  it('does not offer tools that must not be called', () => {
    const { body, ignored } = chat({ tools, tool_choice: 'none' });
    expect(body).not.toHaveProperty('tools');
    expect(ignored).toEqual([]);
  });
});

describe('a stream of Ollama’s API', () => {
  const read = (kind: 'chat' | 'generate', ...lines: object[]) => {
    const reader = new OllamaReader(kind);
    const parts = lines.flatMap((line) => reader.read({ name: '', data: Buffer.from(JSON.stringify(line)) }));
    return [...parts, ...reader.end()];
  };
  const figures = {
    prompt_eval_count: 5,
    eval_count: 3,
    load_duration: 1,
    prompt_eval_duration: 2,
    eval_duration: 4,
  };

  it('becomes texts and calls, with the figures of its end', () => {
    const call = { function: { name: 'f', arguments: { x: 1 } } };
    const parts = read(
      'chat',
      { message: { role: 'assistant', content: 'a', thinking: 'b' }, done: false },
      { message: { content: '', tool_calls: [call] }, done: false },
      { message: { content: '' }, done: true, done_reason: 'length', ...figures },
    );
    expect(parts).toMatchObject([
      { type: 'text', content: 'a', thinking: 'b' },
      { calls: [{ id: expect.stringMatching(/^call_/), function: { index: 0, arguments: { x: 1 } } }] },
      {
        ...{ type: 'end', reason: 'length', usage: { prompt: 5, output: 3 } },
        durations: { load: 1, prompt: 2, answer: 4 },
      },
    ]);
  });

  it('of generate keeps its context', () => {
    const parts = read('generate', { response: 'x', done: true, context: [1, 2], ...figures });
    expect(parts).toMatchObject([{ content: 'x' }, { type: 'end', context: [1, 2] }]);
  });

  it('that breaks off, or reports an error, is one', () => {
    expect(() => read('chat', { message: { content: 'x' }, done: false })).toThrow('in the middle');
    expect(() => read('chat', { error: 'gone' })).toThrow('gone');
  });
});
