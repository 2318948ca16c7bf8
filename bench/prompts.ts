const SENTENCE = 'The quick brown fox jumps over the lazy dog. ';
const REPETITIONS = 20;

/** Starts a prompt, so that no cached prefix applies. */
export function randomNumber(): number {
  return 1000 + Math.floor(Math.random() * 9000);
}

/** A prompt with ten tokens per sentence. It starts with a random number, so that no cached prefix applies. */
export function storyPrompt(sentences: number): string {
  return `${randomNumber()} ${SENTENCE.repeat(sentences)}Once upon a time`;
}

/** A prompt that any model continues by repetition. */
export function repeatedPrompt(): string {
  return `${randomNumber()} ${SENTENCE.repeat(REPETITIONS)}The quick`;
}

/** Sentences for about 60 tokens. */
export const SHORT_STORY = 6;
/** Sentences for about 1000 tokens. */
export const LONG_STORY = 100;
/** Sentences for about 25 tokens, for runs that measure only decoding. */
export const BRIEF_STORY = 2;
