import type { Reading } from '../../chat/format/chat-format.ts';
import type { CompletionRequest } from '../../protocol/completion.ts';
import { longestAnswer } from '../loading/effective-options.ts';
import type { Prompt } from './prompt-tokens.ts';
import type { CompletionPlan } from './run-plan.ts';

/**
 * Builds the request to the runner.
 * @param answerGrammar what the request demands of the answer, which overrides the grammar of the options
 */
export function completionRequest(
  { request, options, stop, cacheSalt, promptLogprobs }: CompletionPlan<object>,
  prompt: Prompt,
  reading: Reading,
  { contextLength, answerGrammar }: { contextLength: number; answerGrammar: string | undefined },
): CompletionRequest {
  const grammar = answerGrammar ?? options.grammar;
  const { thinking, visibleTokens } = reading;
  const { think_budget: budget } = request;
  const keep = options.keep < 0 ? prompt.tokens.length : options.keep;
  return {
    prompt: prompt.tokens,
    sampling: options.sampling,
    stop: [...options.stop, ...stop],
    ...(options.bannedStrings.length > 0 && { bannedStrings: options.bannedStrings }),
    // The loaded context may be longer than the default.
    maxTokens: Math.max(options.maxTokens, longestAnswer(options.answerTokens, contextLength)),
    // At least half of the context must be left to drop when it is full.
    keep: Math.min(keep, contextLength >> 1),
    shift: !options.fillsContext && (request.shift ?? true),
    ...(options.draftTokens !== undefined && { draftTokens: options.draftTokens }),
    ...(options.isDeterministic && { deterministic: true }),
    ...(grammar !== undefined && { grammar }),
    ...(cacheSalt !== undefined && { cacheSalt }),
    ...(visibleTokens.length > 0 && { visibleTokens }),
    ...(thinking && { thinking: { ...thinking, ...(budget !== undefined && { budget }) } }),
    ...(promptLogprobs !== undefined && { promptLogprobs }),
    ...reports(request),
  };
}

/** What the engine reports beside the text. Progress is of use only while the reply is awaited, so only in a stream. */
function reports(
  request: CompletionPlan<object>['request'],
): Pick<CompletionRequest, 'progress' | 'topLogprobs'> {
  return {
    ...(request.return_progress && request.stream !== false && { progress: true }),
    ...(request.logprobs && { topLogprobs: request.top_logprobs ?? 0 }),
  };
}
