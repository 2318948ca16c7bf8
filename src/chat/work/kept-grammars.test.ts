import { describe, expect, it } from 'vitest';
import { inlineChatWork } from '../../../test/fakes/chats/inline-work.ts';
import type { Tool } from '../../api/common.ts';
import { standardShape } from '../shape/message-shape.ts';
import type { ChatWork } from './chat-work.ts';
import { keepingGrammars } from './kept-grammars.ts';

const order = { owner: 'test' };
const tool = (name: string): Tool => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties: { a: { type: 'integer' } } } },
});

/** Counts the tasks that reach a worker. */
function counted(maxCharacters?: number): { work: ChatWork; tasks: string[] } {
  const tasks: string[] = [];
  const inner = inlineChatWork();
  const work: ChatWork = (name, input, given) => {
    tasks.push(name);
    return inner(name, input, given);
  };
  return { work: keepingGrammars(work, maxCharacters), tasks };
}

const required = (tools: Tool[], content = 'hi', parser = 'qwen3') => ({
  demand: { tools, toolChoice: 'required' as const, parallelCalls: true },
  reading: {
    format: { from: 'request' as const, text: '{{ messages }}', parser },
    facts: { shape: standardShape },
    input: { tools, think: undefined, lastMessage: { role: 'user', content } },
    promptEnd: content,
  },
});

describe('keepingGrammars', () => {
  it('compiles the tools of a conversation once, whatever its last message says', async () => {
    const { work, tasks } = counted();
    const first = await work('answerGrammar', required([tool('a')]), order);
    const second = await work('answerGrammar', required([tool('a')], 'something else'), order);
    expect(second).toEqual(first);
    expect(first.grammar).toMatch(/^root ::= /);
    expect(tasks).toEqual(['answerGrammar']);
  });

  it('tells other tools, and other ways to write calls, from those that are kept', async () => {
    const { work, tasks } = counted();
    const grammars = [
      await work('answerGrammar', required([tool('a')]), order),
      await work('answerGrammar', required([tool('b')]), order),
      await work('answerGrammar', required([tool('a')], 'hi', 'glm-4.7'), order),
    ];
    expect(new Set(grammars.map(({ grammar }) => grammar)).size).toBe(3);
    expect(tasks).toHaveLength(3);
  });

  it('keeps nothing of one salt for another', async () => {
    const { work, tasks } = counted();
    for (const salt of [undefined, 'a', 'b', 'a', undefined]) {
      await work('checkFormat', { type: 'integer' }, { ...order, salt });
    }
    expect(tasks).toHaveLength(3);
  });

  it('remembers that a format is valid, but not that one is refused', async () => {
    const { work, tasks } = counted();
    for (const _ of [1, 2]) await work('checkFormat', { type: 'integer' }, order);
    for (const _ of [1, 2]) await expect(work('checkFormat', { not: {} }, order)).rejects.toThrow('not');
    expect(tasks).toHaveLength(3);
  });

  it('does not take a number that JSON cannot write for null', async () => {
    const { work, tasks } = counted();
    await work('checkFormat', { const: null }, order);
    await work('checkFormat', { const: Number.POSITIVE_INFINITY }, order).catch(() => undefined);
    expect(tasks).toHaveLength(2);
  });

  it('forgets what was used least recently when the kept grammars have too many characters', async () => {
    const { work, tasks } = counted(5000);
    const ask = (value: number) => work('answerGrammar', required([tool(`tool_${value}`)]), order);
    for (let value = 0; value < 20; value++) await ask(value);
    await ask(19);
    expect(tasks).toHaveLength(20);
    await ask(0);
    expect(tasks).toHaveLength(21);
  });
});
