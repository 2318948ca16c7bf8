import type { ChatResponse } from '../../api/chat.ts';
import type { Logprob } from '../../api/common.ts';
import type { GenerateResponse } from '../../api/generate.ts';
import { OllamaError } from '../../base/errors.ts';

/**
 * Combines the chunks of a stream into one reply: texts and lists are joined, other fields come from the last chunk.
 */
export function collectGenerate(chunks: readonly GenerateResponse[]): GenerateResponse {
  const thinking = join(chunks, (chunk) => chunk.thinking);
  return {
    ...lastOf(chunks),
    response: join(chunks, (chunk) => chunk.response),
    ...(thinking && { thinking }),
    ...collectLogprobs(chunks),
  };
}

export function collectChat(chunks: readonly ChatResponse[]): ChatResponse {
  const last = lastOf(chunks);
  const thinking = join(chunks, (chunk) => chunk.message.thinking);
  const calls = chunks.flatMap((chunk) => chunk.message.tool_calls ?? []);
  return {
    ...last,
    message: {
      ...last.message,
      content: join(chunks, (chunk) => chunk.message.content),
      ...(thinking && { thinking }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
    ...collectLogprobs(chunks),
  };
}

export function lastOf<T>(chunks: readonly T[]): T {
  const last = chunks.at(-1);
  if (last === undefined) throw new OllamaError('internal', 'the request produced no result');
  return last;
}

function join<T>(chunks: readonly T[], text: (chunk: T) => string | undefined): string {
  return chunks.map((chunk) => text(chunk) ?? '').join('');
}

function collectLogprobs(chunks: readonly { logprobs?: Logprob[] }[]): { logprobs?: Logprob[] } {
  const logprobs = chunks.flatMap((chunk) => chunk.logprobs ?? []);
  return logprobs.length > 0 ? { logprobs } : {};
}
