import { OllamaError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { CompletionPrompt, PromptText } from '../../protocol/completion.ts';
import type { MediaSpan } from '../../protocol/media.ts';
import { LONG_TEXT_CHARACTERS } from '../../protocol/tokens.ts';
import { tokenizeMarked } from '../media/media-prompt.ts';
import type { Medium } from '../media/medium.ts';
import type { RequestMedia } from '../media/request-media.ts';
import type { TextRunner } from '../text-runner.ts';

export interface Prompt {
  readonly text: string;
  /** A text that surely fits is tokenized by the runner, together with the completion; one with media never is. */
  readonly content: CompletionPrompt;
  /** Where the pieces of its media lie among the tokens; absent = it is only text. */
  readonly media?: readonly MediaSpan[];
  /** Number of pictures and sounds; absent = 0. */
  readonly mediaCount?: number;
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
  /** Whether the prompt goes to the runner at once, so that its tokens need not be known if they surely fit. */
  readonly isSent?: boolean;
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

/** The media of a prompt, and what prepares them. */
export interface PromptMedia {
  /** In the order in which the marks in the text count them. */
  readonly media: readonly Medium[];
  readonly prepared: RequestMedia;
}

/**
 * Maximum number of tokens for a byte of a text. A vocabulary without a token for a byte spells it out, as one token. The
 * only texts that grow before that are spaces, which SentencePiece writes with three bytes, and one more of these in
 * front of each part between control tokens.
 */
const MAX_TOKENS_PER_BYTE = 4;
/** Maximum number of tokens that a tokenizer adds: a space in front, the beginning and the end of the text. */
const MAX_ADDED_TOKENS = 5;

/** A number of tokens that the prompt does not exceed; that of its tokens if these are known. */
export function mostTokens(content: CompletionPrompt): number {
  if (!('text' in content)) return content.length;
  return Buffer.byteLength(content.text) * MAX_TOKENS_PER_BYTE + MAX_ADDED_TOKENS;
}

/** What a text becomes. */
export interface ReadText {
  /** undefined if the text is far too long to fit. */
  readonly content: number[] | PromptText | undefined;
  readonly characters: number;
  /** Where the pieces of its media lie; absent = it has none. */
  readonly media?: readonly MediaSpan[];
  /** Tokens of its media, as far as they were counted, if these alone do not fit; absent = they do. */
  readonly rows?: number;
}

export async function tokenizePrompt(
  runner: TextRunner,
  text: string,
  options: { limits: PromptLimits; addSpecial: boolean; illustrated?: PromptMedia | undefined },
): Promise<ReadText> {
  const { limits, illustrated } = options;
  const characters = text.length;
  if (characters > longestText(limits)) return { content: undefined, characters };
  const addSpecial = options.addSpecial && !startsWithBos(runner, text);
  if (illustrated && illustrated.media.length > 0) {
    const { addsBos, bos } = runner.facts;
    const { media, prepared } = illustrated;
    const mostRows = limits.contextLength - 1;
    const marked = { text, media, bos: addSpecial && addsBos ? bos : undefined, mostRows };
    const found = await tokenizeMarked(runner, marked, prepared);
    if ('rows' in found) return { content: undefined, characters, rows: found.rows };
    return { content: found.tokens, characters, media: found.spans };
  }
  const unread = { text, addSpecial, contextLength: limits.contextLength };
  if (limits.isSent && surelyFits(unread)) return { content: unread, characters };
  return { content: await runner.tokenize(text, { addSpecial, parseSpecial: true }), characters };
}

/** Much of a long text may be known, and it takes long to compute anyway. */
function surelyFits(prompt: PromptText): boolean {
  return prompt.text.length < LONG_TEXT_CHARACTERS && mostTokens(prompt) < prompt.contextLength;
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
