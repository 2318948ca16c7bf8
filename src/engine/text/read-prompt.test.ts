import { expect, it } from 'vitest';
import type { CompletionRequest, PromptText } from '../../protocol/completion.ts';
import { readPrompt } from './read-prompt.ts';

const sampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repeatPenalty: 1,
  repeatLastN: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  seed: 1,
};

/** One token per character, and 0 in front if one is to be added. */
const tokenizer = {
  tokenize: (text: string, addSpecial: boolean) => [...(addSpecial ? [0] : []), ...Buffer.from(text)],
};

function read(prompt: Partial<PromptText>, keep = 4): CompletionRequest {
  const whole = { text: 'abc', addSpecial: true, contextLength: 8, ...prompt };
  return readPrompt({ prompt: whole, sampling, stop: [], maxTokens: 5, keep, shift: true }, tokenizer);
}

it('puts the tokens in place of the text and leaves the rest of the request as it is', () => {
  const { prompt, ...rest } = read({});
  expect(prompt).toEqual([0, 97, 98, 99]);
  expect(rest).toEqual({ sampling, stop: [], maxTokens: 5, keep: 4, shift: true });
  expect(read({ addSpecial: false }).prompt).toEqual([97, 98, 99]);
});

it('keeps the whole prompt if asked to, but at most half of the context', () => {
  expect(read({}, -1).keep).toBe(4);
  expect(read({ text: 'abcdef' }, -1).keep).toBe(4);
  expect(read({ text: 'a' }, -1).keep).toBe(2);
  expect(read({}, 7).keep).toBe(4);
  expect(read({}, 0).keep).toBe(0);
});

it('refuses a prompt that fills the context, and one without tokens', () => {
  expect(read({ text: 'abcdef' }).prompt).toHaveLength(7);
  expect(() => read({ text: 'abcdefg' })).toThrow('the prompt has 8 tokens, and the limit is 7');
  expect(() => read({ text: '', addSpecial: false })).toThrow('the prompt has no tokens');
});
