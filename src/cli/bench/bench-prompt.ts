/** Prompts of a wanted length that no cache of prefixes has seen. */
const words = (
  'river stone garden window morning letter table winter mountain paper silver forest engine music water ' +
  'bridge candle doctor market island summer teacher village harbor pencil shadow train flower kitchen cloud'
).split(' ');
const LARGEST_NUMBER = 1e9;

/**
 * Random words, which no model can foresee; the number in front makes the very first tokens new.
 * @param random as Math.random
 */
export function benchPrompt(wordCount: number, random: () => number): string {
  const chosen = Array.from({ length: wordCount }, () => words[Math.floor(random() * words.length)]);
  return [Math.floor(random() * LARGEST_NUMBER), ...chosen].join(' ');
}
