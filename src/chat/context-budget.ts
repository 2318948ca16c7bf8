import type { Message } from '../api/common.ts';
import { isInstruction } from './shape/shaped-messages.ts';

/**
 * Indexes at which a conversation may begin after older messages are dropped, from the first message to the last. Whole
 * turns are dropped first (a turn starts with the user), then single messages of the last turn. The result of a tool
 * never loses the call before it, unless it is the last message.
 */
export function possibleStarts(messages: readonly Message[]): number[] {
  const last = messages.length - 1;
  const lastTurn = messages.findLastIndex((message) => message.role === 'user');
  return messages.flatMap((message, index) => {
    if (index === 0 || index === last) return [index];
    if (message.role === 'user') return [index];
    return index > lastTurn && message.role === 'assistant' ? [index] : [];
  });
}

/** The messages from `start` on, preceded by the earlier system messages. */
export function dropBefore(messages: readonly Message[], start: number): Message[] {
  return messages.filter((message, index) => index >= start || isInstruction(message));
}

/** The size of a rendered prompt. */
export interface PromptSize {
  readonly characters: number;
  /** undefined if it has so many characters that counting them is not worth the time. */
  readonly tokens: number | undefined;
}

export interface FittedMessages<Prompt> {
  readonly messages: Message[];
  readonly prompt: Prompt;
  readonly dropped: number;
}

/** Generous, so that a conversation that fits is rendered only once. English text has four to five. */
const EXPECTED_CHARACTERS_PER_TOKEN = 5;
/** After two measurements, an estimate is usually the result or its neighbour. Halving bounds the number of attempts. */
const MAX_ESTIMATES = 6;

/**
 * Drops as few of the oldest messages as possible until the prompt fits. System messages and the last message always
 * stay, so the result may still be too long. The search begins near the size that fits, so that its cost depends on the
 * context, and hardly on the length of the conversation.
 * @param build renders and counts the prompt; called once when everything fits, otherwise a few times
 * @param maxTokens how many tokens the prompt may have
 */
export async function fitMessages<Prompt extends PromptSize>(
  messages: readonly Message[],
  build: (messages: Message[]) => Promise<Prompt>,
  maxTokens: number,
): Promise<FittedMessages<Prompt>> {
  const starts = possibleStarts(messages);
  const search = new StartSearch(sizesFrom(messages, starts), maxTokens);
  let result: FittedMessages<Prompt> | undefined;
  for (let index = search.next(); index !== undefined; index = search.next()) {
    const kept = dropBefore(messages, starts[index] ?? 0);
    const prompt = await build(kept);
    const fits = search.learn(index, prompt);
    const isLast = index === starts.length - 1;
    if (fits || isLast) result = { messages: kept, prompt, dropped: messages.length - kept.length };
  }
  return result ?? { messages: [], prompt: await build([]), dropped: 0 };
}

/**
 * The messages at the end of a conversation that a context most likely has room for, and the last one in any case: an estimate, for
 * work that may begin before the prompt can be counted.
 * @param contextLength in tokens
 */
export function likelyKept(messages: readonly Message[], contextLength: number): readonly Message[] {
  let room = contextLength * EXPECTED_CHARACTERS_PER_TOKEN;
  const start = messages.findLastIndex((message) => {
    room -= charactersOf(message);
    return room < 0;
  });
  return messages.slice(Math.min(start + 1, Math.max(0, messages.length - 1)));
}

/** Finds the first start from which the prompt fits, given that later starts make it shorter. */
class StartSearch {
  readonly #sizes: readonly number[];
  readonly #maxTokens: number;
  /** Characters of the messages that are expected to fit. */
  #target: number;
  /** Everything up to here is too long; everything from `#fitting` on fits. */
  #tooLong = -1;
  #fitting: number;
  #estimates = 0;
  #step = 1;

  /** @param sizes characters of the messages that remain from each start on; they decrease */
  constructor(sizes: readonly number[], maxTokens: number) {
    this.#sizes = sizes;
    this.#maxTokens = maxTokens;
    this.#target = maxTokens * EXPECTED_CHARACTERS_PER_TOKEN;
    this.#fitting = sizes.length;
  }

  /** @returns the index of the start to try; undefined when the first that fits is known */
  next(): number | undefined {
    const [lowest, highest] = [this.#tooLong + 1, this.#fitting - 1];
    if (lowest > highest) return undefined;
    return Math.min(Math.max(this.#guess(), lowest), highest);
  }

  #guess(): number {
    if (this.#estimates++ < MAX_ESTIMATES) return firstAtMost(this.#sizes, this.#target);
    const isBounded = this.#tooLong >= 0 && this.#fitting < this.#sizes.length;
    if (isBounded) return (this.#tooLong + this.#fitting) >> 1;
    // Only one side is known: its neighbour comes first, then twice as far each time.
    const distance = this.#step;
    this.#step *= 2;
    return this.#tooLong >= 0 ? this.#tooLong + distance : this.#fitting - distance;
  }

  /** @returns whether the prompt fits */
  learn(index: number, { characters, tokens }: PromptSize): boolean {
    const fits = tokens !== undefined && tokens <= this.#maxTokens;
    if (fits) this.#fitting = index;
    else this.#tooLong = index;
    if (tokens !== undefined && tokens > 0) {
      const around = characters - (this.#sizes[index] ?? 0);
      this.#target = (characters / tokens) * this.#maxTokens - around;
    }
    return fits;
  }
}

/** The index of the first size that is at most `limit`, in a list that decreases; the last index if there is none. */
function firstAtMost(sizes: readonly number[], limit: number): number {
  let [low, high] = [0, sizes.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sizes[middle] ?? 0) <= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Characters of the messages that `dropBefore` keeps, for each start. */
function sizesFrom(messages: readonly Message[], starts: readonly number[]): number[] {
  const sizes = messages.map(charactersOf);
  const system = messages.map((message, index) => (isInstruction(message) ? (sizes[index] ?? 0) : 0));
  const earlier = runningSums(system);
  const before = runningSums(sizes);
  const all = before.at(-1) ?? 0;
  return starts.map((start) => all - (before[start] ?? 0) + (earlier[start] ?? 0));
}

/** The sums of the values before each index, and of all values. */
function runningSums(values: readonly number[]): number[] {
  const sums = [0];
  let sum = 0;
  for (const value of values) {
    sum += value;
    sums.push(sum);
  }
  return sums;
}

/** Characters of text that take as much room as one token of a picture or a sound. */
export const CHARACTERS_PER_MEDIA_TOKEN = 4;
/** What a medium is taken for before its tokens are counted: most families make 256 to 1024 tokens of a picture. */
const MEDIUM_CHARACTERS = 768 * CHARACTERS_PER_MEDIA_TOKEN;

/** Characters of a message, its calls as JSON. */
export function charactersOf({ content, thinking = '', tool_calls, images = [] }: Message): number {
  const calls = tool_calls?.length ? JSON.stringify(tool_calls).length : 0;
  return content.length + thinking.length + calls + images.length * MEDIUM_CHARACTERS;
}
