import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { TextRunner } from '../text-runner.ts';

export interface Prompt {
  readonly text: string;
  readonly tokens: readonly number[];
  /** Number of messages left out, oldest first. */
  readonly droppedMessages: number;
  /** Number of tokens left out of the middle. */
  readonly removedTokens: number;
}

export interface PromptLimits {
  /** In tokens. */
  readonly contextLength: number;
  /** Whether to shorten a prompt that is too long; false = refuse it. */
  readonly truncate: boolean;
  readonly shift: boolean;
  /** Number of tokens at the start that shortening keeps; -1 = all. */
  readonly keep: number;
  /** Whether the context is one that the run does not have yet. */
  readonly isGrowing?: boolean;
}

/**
 * No vocabulary has longer tokens on average, so a longer text cannot fit. Such a text is not even tokenized, because that
 * would stall the runner's other requests.
 */
export const MAX_CHARACTERS_PER_TOKEN = 256;
/**
 * The longest text that is tokenized to find out how long a context it needs: about a million tokens. A longer one fits
 * into no context that is to be had, and would keep the texts of other requests waiting for seconds.
 */
const MAX_GROWING_CHARACTERS = 4 * MIB;

/** Number of characters from which a text is not tokenized. */
export function longestText({ contextLength, isGrowing }: PromptLimits): number {
  const longest = contextLength * MAX_CHARACTERS_PER_TOKEN;
  return isGrowing ? Math.min(longest, MAX_GROWING_CHARACTERS) : longest;
}

/** The tokens of a prompt; undefined if the text is far too long to fit. */
export type PromptTokens =
  | { readonly tokens: number[]; readonly characters: number }
  | { readonly tokens: undefined; readonly characters: number };

export async function tokenizePrompt(
  runner: TextRunner,
  text: string,
  options: { limits: PromptLimits; addSpecial: boolean },
): Promise<PromptTokens> {
  const characters = text.length;
  if (characters > longestText(options.limits)) return { tokens: undefined, characters };
  const addSpecial = options.addSpecial && !startsWithBos(runner, text);
  return { tokens: await runner.tokenize(text, { addSpecial, parseSpecial: true }), characters };
}

/** Chat templates often write the BOS token themselves. Two BOS tokens spoil the answer. */
function startsWithBos(runner: TextRunner, text: string): boolean {
  const { bosText } = runner.facts;
  return bosText !== '' && text.startsWith(bosText);
}

/** The error names both counts and says what to do. */
export function promptTooLong(size: string, contextLength: number): OllamaError {
  const message = `the prompt is longer than the context length: ${size}, and the limit is ${contextLength - 1} tokens (num_ctx ${contextLength}, less one for the answer); shorten the prompt or raise "num_ctx"`;
  return new OllamaError('prompt-too-long', message);
}
