import { describe, expect, it } from 'vitest';
import { answerTokens, percentText, sureness, textWithAlternative, visibleText } from './answer-tokens.ts';

const bytesOf = (text: string) => [...new TextEncoder().encode(text)];
const one = (bytes: number[], logprob = -1) => ({
  token: new TextDecoder().decode(Uint8Array.from(bytes)),
  bytes,
  logprob,
});
const token = (text: string | number[], ...others: (string | number[])[]) => {
  const [bytes = [], ...rest] = [text, ...others].map((given) =>
    typeof given === 'string' ? bytesOf(given) : given,
  );
  return { ...one(bytes), top_logprobs: rest.map((alternative) => one(alternative)) };
};
const withFirst = (content: string, logprobs: ReturnType<typeof token>[], index: number) => {
  const found = answerTokens(content, logprobs);
  const alternative = found.tokens[index]?.alternatives[0];
  return alternative && textWithAlternative(found, index, alternative);
};

describe('a branch from an alternative', () => {
  it('keeps the text before the token', () => {
    const tokens = [token('The'), token(' cat', ' dog'), token(' sat')];
    expect(withFirst('The cat sat', tokens, 1)).toBe('The dog');
  });

  it('leaves out the space with which an answer begins', () => {
    expect(withFirst('The cat', [token(' The', ' A'), token(' cat')], 0)).toBe('A');
  });

  it('leaves out the thinking, also if it quotes the answer', () => {
    const tokens = [token('<think>'), token('yes'), token('</think>\n', 'no'), token('yes', 'maybe')];
    expect(withFirst('yes', tokens, 3)).toBe('maybe');
    expect(withFirst('yes', tokens, 2)).toBe(undefined);
  });

  it('keeps what stood there before the tokens of an answer that was continued', () => {
    expect(withFirst('It is a dog barking', [token(' dog'), token(' barking', ' asleep')], 1)).toBe(
      'It is a dog asleep',
    );
  });

  it('does not need the white space that the server left out at the end', () => {
    expect(withFirst('One two', [token(' two', ' three'), token('\n')], 0)).toBe('One three');
  });

  it('does not exist for a text that was changed', () => {
    expect(withFirst('Something else', [token('The', 'A')], 0)).toBe(undefined);
  });

  it('joins parts of a character, and does not end within one', () => {
    const [first = 0, second = 0, third = 0] = bytesOf('貓');
    const [, , dogEnd = 0] = bytesOf('狗');
    const tokens = [
      token('我'),
      token([first], '狗', [0xe7]),
      token([second, third], [0x8b, dogEnd], [0x80]),
    ];
    const found = answerTokens('我貓', tokens);
    const branch = (index: number, at: number) => {
      const alternative = found.tokens[index]?.alternatives[at];
      return alternative && textWithAlternative(found, index, alternative);
    };
    expect(found.alignment).toEqual({ before: '', skipped: 0 });
    expect(branch(1, 0)).toBe('我狗');
    expect(branch(1, 1)).toBe(undefined);
    expect(branch(2, 0)).toBe(
      new TextDecoder().decode(Uint8Array.from([...bytesOf('我'), first, 0x8b, dogEnd])),
    );
    expect(branch(2, 1)).toBe(undefined);
  });
});

describe('a token', () => {
  it('is shown with its spaces, and as bytes if it is part of a character', () => {
    const { tokens } = answerTokens('', [token(' a\n\t'), token([0xe7, 0x0b]), token('👍')]);
    expect(tokens.map(visibleText)).toEqual(['␣a⏎⇥', '⟨E7 0B⟩', '👍']);
  });

  it('has its alternatives in the order of their probability', () => {
    const given = {
      ...one(bytesOf('b'), -2),
      top_logprobs: [one(bytesOf('b'), -2), one(bytesOf('a'), -0.1)],
    };
    const [found] = answerTokens('b', [given]).tokens;
    expect(found?.alternatives.map(({ text }) => text)).toEqual(['a', 'b']);
  });
});

it.each([
  [1, '100 %', 4],
  [0.123, '12 %', 0],
  [0.5, '50 %', 2],
  [0.0123, '1.2 %', 0],
  [0.0001, '< 0.1 %', 0],
  [0, '0.0 %', 0],
])('a probability of %d is shown as %s', (probability, text, level) => {
  expect(percentText(probability)).toBe(text);
  expect(sureness(probability)).toBe(level);
});
