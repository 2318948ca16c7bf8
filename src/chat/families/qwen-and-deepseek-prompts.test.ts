/** Compares the renderers of Qwen and DeepSeek with the prompts that Ollama writes for the same conversations. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { rendererNamed } from './families.ts';

interface Conversation {
  readonly messages: readonly Message[];
  readonly tools?: readonly Tool[];
  readonly think?: Think;
}

type ByRenderer = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Fixtures {
  readonly conversations: Readonly<Record<string, Conversation>>;
  readonly prompts: ByRenderer;
  readonly refusals: ByRenderer;
}

const path = new URL('../../../test/fixtures/qwen-and-deepseek-prompts.json', import.meta.url);
const { conversations, prompts, refusals } = JSON.parse(readFileSync(path, 'utf8')) as Fixtures;
const now = new Date(2026, 10, 23);

function rendered(name: string, title: string): string | undefined {
  const { messages = [], tools = [], think } = conversations[title] ?? {};
  return rendererNamed(name)?.render({ messages, tools, think, now });
}

describe.each(Object.keys(prompts))('the renderer %s', (name) => {
  it.each(Object.entries(prompts[name] ?? {}))('writes %s', (title, prompt) => {
    expect(rendered(name, title)).toBe(prompt);
  });

  it.each(Object.entries(refusals[name] ?? {}))('refuses %s', (title, message) => {
    expect(() => rendered(name, title)).toThrow(message);
  });
});

it('every renderer has a prompt or a refusal for every conversation', () => {
  for (const name of Object.keys(prompts)) {
    const titles = [...Object.keys(prompts[name] ?? {}), ...Object.keys(refusals[name] ?? {})];
    expect(titles.sort()).toEqual(Object.keys(conversations).sort());
  }
});
