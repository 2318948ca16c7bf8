import type { CompletionRequest, PromptText } from './completion.ts';

/**
 * Number of tokens at the start that survive a context shift. At least half of the context must be left to drop when it is
 * full.
 * @param keep as asked for; negative = the whole prompt
 * @param promptLength in tokens
 * @param contextLength in tokens
 */
export function keptTokens(keep: number, promptLength: number, contextLength: number): number {
  return Math.min(keep < 0 ? promptLength : keep, contextLength >> 1);
}

/** A request with the tokens of its prompt in place of the text. */
export function tokenizedRequest(
  { prompt, ...request }: CompletionRequest<PromptText>,
  tokens: readonly number[],
): CompletionRequest {
  const keep = keptTokens(request.keep, tokens.length, prompt.contextLength);
  return { ...request, prompt: tokens, keep };
}
