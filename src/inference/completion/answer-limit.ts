import type { TokenNeed } from '../../access/limits/answer-room.ts';
import type { RunAllowance } from '../limiting/run-allowance.ts';
import { type EffectiveOptions, longestAnswer } from '../loading/effective-options.ts';
import type { RunNotices } from './completion-run.ts';
import { mostTokens, type Prompt } from './prompt-tokens.ts';

/**
 * The maximum number of tokens of an answer. What the limits of a key allow is reserved, and told if it is less than the request
 * would get otherwise.
 * @throws OllamaError `rate-limited`
 */
export function answerLimit(
  { maxTokens, answerTokens }: Pick<EffectiveOptions, 'maxTokens' | 'answerTokens'>,
  { prompt, contextLength }: { readonly prompt: Prompt; readonly contextLength: number },
  { allowance, notices }: { readonly allowance: RunAllowance; readonly notices: RunNotices },
): number {
  // The loaded context may be longer than the default.
  const most = Math.max(maxTokens, longestAnswer(answerTokens, contextLength));
  if (!allowance.countsTokens) return most;
  const promptTokens = mostTokens(prompt.content);
  const isExplicit = answerTokens !== undefined;
  // An answer without a maximum could go on for several contexts, which nobody needs and few limits have room for.
  const wanted = isExplicit ? most : Math.max(1, contextLength - promptTokens);
  const room = reserved(allowance, { prompt: promptTokens, answer: wanted, isExplicit });
  if (room < most) notices.answerLimited?.(room);
  return Math.min(room, most);
}

/** A run that is refused here has used nothing, though the tokens of its prompt were counted. */
function reserved(allowance: RunAllowance, need: TokenNeed): number {
  try {
    return allowance.reserve(need);
  } catch (error) {
    allowance.end(0);
    throw error;
  }
}
