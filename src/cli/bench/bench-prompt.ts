/** Words for prompts of a given length that are not in any prefix cache. */
const words = (
  'river stone garden window morning letter table winter mountain paper silver forest engine music water ' +
  'bridge candle doctor market island summer teacher village harbor pencil shadow train flower kitchen cloud'
).split(' ');
const LARGEST_NUMBER = 1e9;

/**
 * Builds a prompt of random words, which no model can predict. The number in front makes even the first tokens new.
 * @param random like Math.random
 */
export function benchPrompt(wordCount: number, random: () => number): string {
  const chosen = Array.from({ length: wordCount }, () => words[Math.floor(random() * words.length)]);
  return [Math.floor(random() * LARGEST_NUMBER), ...chosen].join(' ');
}
