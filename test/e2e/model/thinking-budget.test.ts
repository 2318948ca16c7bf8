import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CompletionEvent, CompletionRequest } from '../../../src/protocol/completion.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { startEngine } from '../support/engine-runner.ts';
import { plainSampling } from '../support/plain-sampling.ts';

let runner: Runner;

beforeAll(async () => {
  runner = await startEngine({ modelPath: inject('smolModelPath') });
});

afterAll(() => runner.stop());

async function complete(text: string, overrides: Partial<CompletionRequest>) {
  const prompt = await runner.tokenize(text, { addSpecial: true, parseSpecial: true });
  const base = { prompt, sampling: plainSampling, stop: [], maxTokens: 24, keep: 4, shift: true };
  const events: CompletionEvent[] = [];
  for await (const event of runner.complete({ ...base, ...overrides })) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('the last event is not "done"');
  return { text: events.map((event) => (event.type === 'text' ? event.text : '')).join(''), done };
}

const story = '<|im_start|>user\nTell me a long story.<|im_end|>\n<|im_start|>assistant\n<think>';

describe('the engine, while a model thinks', () => {
  it('inserts the end of thinking when the budget is spent, and continues with the answer', async () => {
    const thinking = { end: '</think>', startsInside: true, budget: 6 };
    const { text, done } = await complete(story, { thinking });
    const [thoughts, answer] = text.split('</think>');
    expect(await runner.tokenize(thoughts ?? '', { addSpecial: false, parseSpecial: true })).toHaveLength(6);
    expect(answer).not.toBe('');
    const end = await runner.tokenize('</think>', { addSpecial: false, parseSpecial: true });
    expect(done.timings.thinkingTokens).toBe(6 + end.length);
    const { thinkingNanoseconds = 0, completionNanoseconds } = done.timings;
    expect(thinkingNanoseconds).toBeGreaterThan(0);
    expect(thinkingNanoseconds).toBeLessThan(completionNanoseconds);
    expect(done.tokens).toHaveLength(24);
  });

  it('ends the thinking also with a grammar', async () => {
    const thinking = { end: '</think>', startsInside: true, budget: 3 };
    const grammar = 'root ::= [a-zA-Z ,.\']* "</think>" "yes"';
    const { text } = await complete(story, { thinking, grammar });
    expect(text).toMatch(/^[a-zA-Z ,.']+<\/think>yes$/);
  });

  it('does not change thinking without a budget, and counts its tokens', async () => {
    const plain = await complete(story, { deterministic: true });
    const watched = await complete(story, {
      deterministic: true,
      thinking: { end: '</think>', startsInside: true },
    });
    expect(watched.text).toBe(plain.text);
    expect(watched.done.timings.thinkingTokens).toBe(24);
  });

  it('shows control tokens when asked to', async () => {
    const [start] = await runner.tokenize('<|im_start|>', { addSpecial: false, parseSpecial: true });
    const sampling = { ...plainSampling, logitBias: [[start ?? 0, 100]] } as const;
    expect((await complete(story, { sampling, maxTokens: 2 })).text).toBe('');
    const visibleTokens = ['<|im_start|>', 'two words'];
    const shown = await complete(story, { sampling, maxTokens: 2, visibleTokens });
    expect(shown.text).toBe('<|im_start|><|im_start|>');
  });
});
