/** Guesses how many tokens a request has, before its model is there to count them. */
import type { TokenNeed } from '../../access/limits/answer-room.ts';
import type { ChatRequest } from '../../api/chat.ts';
import type { GenerateRequest } from '../../api/generate.ts';

/** Bytes of UTF-8 per token: fewer than texts of most languages have, since a guess that is too high does no harm. */
const BYTES_PER_TOKEN = 3;
/** Tokens that a template writes around each message, and around all of them. */
const MESSAGE_TOKENS = 4;
const TEMPLATE_TOKENS = 16;

/** What a run needs that only reads texts. */
export function inputNeed(texts: Iterable<string>): TokenNeed {
  return { prompt: guessedTextTokens(texts), answer: 0, isExplicit: true };
}

function guessedTextTokens(texts: Iterable<string>): number {
  let bytes = 0;
  for (const text of texts) bytes += Buffer.byteLength(text);
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** @param promptTokens tokens that take the place of the prompt */
export function guessedPromptTokens(
  request: GenerateRequest | ChatRequest,
  promptTokens: readonly number[] = [],
): number {
  const { messages, texts, tokens } = 'messages' in request ? chatTexts(request) : generateTexts(request);
  const around = TEMPLATE_TOKENS + messages * MESSAGE_TOKENS;
  return guessedTextTokens(texts) + tokens + promptTokens.length + around;
}

function chatTexts({ messages = [], tools = [] }: ChatRequest) {
  const texts = messages.flatMap(({ content = '', thinking = '', tool_calls: calls }) => [
    content,
    thinking,
    ...(calls ? [JSON.stringify(calls)] : []),
  ]);
  if (tools.length > 0) texts.push(JSON.stringify(tools));
  return { messages: messages.length, texts, tokens: 0 };
}

function generateTexts(request: GenerateRequest) {
  const { prompt = '', suffix = '', system = '', context = [] } = request as GenerateRequest;
  return { messages: 1, texts: [prompt, suffix, system], tokens: context.length };
}
