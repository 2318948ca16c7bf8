/** How full the context of a chat is, and which messages the server would drop. */
import type { ChatMessage } from '../chats/chat-message.ts';
import { textWithAttachments } from './message-text.ts';

/** English text has about four characters in a token, Chinese and Japanese about one. */
const CHARACTERS_PER_TOKEN = 4;
/** Markers around a message: role, begin and end. */
const TOKENS_PER_MESSAGE = 5;
/** What most encoders make of one picture, in tokens: between 256 and 4096. */
const TOKENS_PER_MEDIUM = 300;
const dense = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/g;
/** Longer texts are estimated from their beginning: counting must not cost a frame. */
const SAMPLE = 20_000;

/** Tokens of a text, estimated. */
export function estimatedTokens(text: string): number {
  if (text === '') return 0;
  const sample = text.length > SAMPLE ? text.slice(0, SAMPLE) : text;
  const wide = sample.match(dense)?.length ?? 0;
  const tokens = wide + (sample.length - wide) / CHARACTERS_PER_TOKEN;
  return Math.ceil((tokens * text.length) / sample.length);
}

/** Known sizes of messages: they do not change, and a chat may have thousands. */
const estimates = new WeakMap<ChatMessage, number>();

function messageTokens(message: ChatMessage): number {
  const known = estimates.get(message);
  if (known !== undefined) return known;
  const { content, attachments = [], tool_calls } = message;
  const media = attachments.filter(({ data }) => data !== undefined).length;
  const tokens =
    TOKENS_PER_MESSAGE +
    media * TOKENS_PER_MEDIUM +
    estimatedTokens(textWithAttachments(content, attachments)) +
    (tool_calls ? estimatedTokens(JSON.stringify(tool_calls)) : 0);
  estimates.set(message, tokens);
  return tokens;
}

export interface ContextInput {
  /** The shown messages from the first to the last. */
  readonly messages: readonly ChatMessage[];
  readonly system: string;
  /** Tokens of the text and the attachments that are not sent yet. */
  readonly draft: number;
  /** Tokens of the context; undefined while nobody knows. */
  readonly limit: number | undefined;
}

export interface ContextUse {
  /** Tokens, the draft included. */
  readonly used: number;
  readonly limit: number | undefined;
  /** False if the model counted all of it. */
  readonly isEstimate: boolean;
  /** IDs of the messages that would be dropped, the oldest first. */
  readonly dropped: readonly string[];
}

/**
 * What the next request needs. The last answer says how many tokens the messages before it had; what came later is
 * estimated, in the proportion in which the estimate was wrong before.
 */
export function contextUse({ messages, system, draft, limit }: ContextInput): ContextUse {
  const sizes = messages.map(messageTokens);
  const systemTokens = system === '' ? 0 : TOKENS_PER_MESSAGE + estimatedTokens(system);
  const at = messages.findLastIndex(({ timing }) => (timing?.prompt_eval_count ?? 0) > 0);
  const counted = countedTokens(messages[at]);
  const guessed = systemTokens + sum(sizes.slice(0, at + 1));
  // What was cut to fit says nothing about what is there.
  const isKnown = counted !== undefined && messages[at]?.timing?.prompt_truncated !== true;
  const scale = isKnown && guessed > 0 ? counted / guessed : 1;
  const later = sum(sizes.slice(at + 1)) * scale;
  const used = Math.ceil((isKnown ? counted : guessed) + later + draft);
  const scaled = { system: systemTokens * scale, sizes: sizes.map((size) => size * scale), draft };
  return {
    used,
    limit,
    isEstimate: !isKnown || later > 0 || draft > 0,
    dropped: limit !== undefined && used >= limit ? droppedMessages(messages, scaled, limit) : [],
  };
}

/** Prompt and answer of a finished run; thinking does not come back in later prompts. */
function countedTokens(message: ChatMessage | undefined): number | undefined {
  const { prompt_eval_count, eval_count = 0, eval_thinking_count = 0 } = message?.timing ?? {};
  if (prompt_eval_count === undefined) return undefined;
  return prompt_eval_count + eval_count - eval_thinking_count;
}

interface Sizes {
  readonly system: number;
  readonly sizes: readonly number[];
  readonly draft: number;
}

/** As the server does it: whole turns from the oldest on, system messages and the last message stay. */
function droppedMessages(
  messages: readonly ChatMessage[],
  { system, sizes, draft }: Sizes,
  limit: number,
): string[] {
  const isFixed = (index: number) => messages[index]?.role === 'system';
  const end = draft > 0 ? messages.length : messages.length - 1;
  let left = system + draft + sum(sizes);
  const dropped: string[] = [];
  let index = 0;
  while (left >= limit && index < end) {
    do {
      if (!isFixed(index)) {
        left -= sizes[index] ?? 0;
        dropped.push(messages[index]?.id ?? '');
      }
      index += 1;
    } while (index < end && messages[index]?.role !== 'user');
  }
  return dropped;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
