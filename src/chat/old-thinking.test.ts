import { describe, expect, it } from 'vitest';
import type { Message } from '../api/common.ts';
import { withoutOldThinking } from './old-thinking.ts';

const qwen = { family: 'qwen3', model: 'mine' };

function contents(messages: readonly Message[]): string[] {
  return messages.map(({ content }) => content);
}

describe('withoutOldThinking', () => {
  const messages: Message[] = [
    { role: 'user', content: '<think>mine</think>a' },
    { role: 'assistant', content: '<think>\nso\n</think>\n\nb' },
    { role: 'assistant', content: ' b <think>c</think>' },
    { role: 'assistant', content: ' ' },
    { role: 'user', content: 'd' },
    { role: 'assistant', content: '<think>so</think>e' },
  ];

  it('removes thinking from answers before the last user message', () => {
    const expected = ['<think>mine</think>a', 'b', ' b <think>c</think>', ' ', 'd', '<think>so</think>e'];
    expect(contents(withoutOldThinking(messages, qwen))).toEqual(expected);
    expect(contents(withoutOldThinking(messages, { family: 'qwen2', model: 'deepseek-r1' }))).toEqual(
      expected,
    );
  });

  it('removes thinking that never ended', () => {
    const cut: Message[] = [
      { role: 'assistant', content: '<think>so' },
      { role: 'user', content: 'a' },
    ];
    expect(contents(withoutOldThinking(cut, qwen))).toEqual(['', 'a']);
  });

  it('does not change messages for other models', () => {
    expect(withoutOldThinking(messages, { family: undefined, model: 'qwen3' })).toBe(messages);
  });
});
