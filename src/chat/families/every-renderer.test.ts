/** Compares every renderer with the prompts that Ollama writes for the same conversations. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { rendererNamed, rendererNames } from './families.ts';

/** The time at which the prompts were written. */
const now = new Date(2026, 10, 23);

interface Conversation {
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly think?: Think;
}

interface Fixtures {
  readonly conversations: Readonly<Record<string, Conversation>>;
  /** Prompts by renderer and conversation. */
  readonly prompts: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const path = new URL('../../../test/fixtures/renderer-prompts.json', import.meta.url);
const { conversations, prompts } = JSON.parse(readFileSync(path, 'utf8')) as Fixtures;

describe.each([...rendererNames])('the renderer %s', (name) => {
  it.each(Object.entries(conversations))('%s', (title, { messages, tools = [], think }) => {
    const prompt = rendererNamed(name)?.render({ messages, tools, think, now });
    expect(prompt).toBe(prompts[name]?.[title]);
  });

  it('accepts anything that a client may send', () => {
    const odd: Message[] = [
      { role: 'tool', content: '' },
      { role: 'assistant', content: '</think>', tool_calls: [{ function: { name: '', arguments: {} } }] },
      { role: 'nobody', content: '\u0000' },
      { role: 'user', content: '', images: ['aGk='] },
    ];
    const tools: Tool[] = [
      { type: '', function: { name: '' } },
      {
        type: 'function',
        function: { name: 'f', parameters: { type: 7, properties: [1], required: 'x', $defs: null } },
      },
    ];
    const render = () => rendererNamed(name)?.render({ messages: odd, tools, think: 'max', now });
    expect(typeof render()).toBe('string');
  });
});

it('covers all renderers of Ollama', () => {
  expect(Object.keys(prompts).sort()).toEqual([...rendererNames].sort());
});
