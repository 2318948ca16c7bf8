const SENTENCE = 'The quick brown fox jumps over the lazy dog. ';
const REPETITIONS = 20;

/** Ten tokens per sentence; it starts with a number of its own, so that no cached prefix is of use. */
export function storyPrompt(sentences: number): string {
  const number = 1000 + Math.floor(Math.random() * 9000);
  return `${number} ${SENTENCE.repeat(sentences)}Once upon a time`;
}

/** A text that any model goes on repeating. */
export function repeatedPrompt(): string {
  const number = 1000 + Math.floor(Math.random() * 9000);
  return `${number} ${SENTENCE.repeat(REPETITIONS)}The quick`;
}

/** About 60 tokens. */
export const SHORT_STORY = 6;
/** About 1000 tokens. */
export const LONG_STORY = 100;
/** About 25 tokens, for runs in which only decoding counts. */
export const BRIEF_STORY = 2;
