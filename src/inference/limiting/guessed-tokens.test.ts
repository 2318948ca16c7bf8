import { expect, it } from 'vitest';
import { guessedPromptTokens, inputNeed } from './guessed-tokens.ts';

const words = 'seven words of an ordinary English sentence ';

it('guesses at least as many tokens as ordinary texts have, from everything that becomes a prompt', () => {
  const bare = guessedPromptTokens({ messages: [{ role: 'user', content: '' }] });
  const told = guessedPromptTokens({ messages: [{ role: 'user', content: words }] });
  expect(told - bare).toBeGreaterThanOrEqual(7);
  expect(told - bare).toBeLessThan(21);
  const tools = [{ type: 'function', function: { name: 'f', description: words.repeat(10) } }] as const;
  expect(
    guessedPromptTokens({ messages: [{ role: 'user', content: '' }], tools: [...tools] }) - bare,
  ).toBeGreaterThan(70);
  const generated = guessedPromptTokens({ prompt: '' });
  for (const field of ['prompt', 'suffix', 'system']) {
    expect(guessedPromptTokens({ prompt: '', [field]: words })).toBe(generated + told - bare);
  }
  expect(guessedPromptTokens({ prompt: '', context: [1, 2, 3] })).toBe(generated + 3);
  expect(guessedPromptTokens({ prompt: '' }, [1, 2, 3, 4])).toBe(generated + 4);
});

it('counts bytes, because a character of many languages is a token', () => {
  expect(inputNeed(['漢字仮名交じり文'])).toEqual({ prompt: 8, answer: 0, isExplicit: true });
});
