import type { Reading } from '../../chat/format/chat-format.ts';
import type { CompletionPrompt, CompletionRequest } from '../../protocol/completion.ts';
import { keptTokens } from '../../protocol/tokenized-request.ts';
import type { Prompt } from './prompt-tokens.ts';
import type { CompletionPlan } from './run-plan.ts';

/**
 * Builds the request to the runner.
 * @param sizes `maxTokens` of the answer; `answerGrammar` = what the request demands of the answer, which overrides the grammar of the options
 */
export function completionRequest(
  { request, options, stop, cacheSalt, promptLogprobs }: CompletionPlan<object>,
  { content, media }: Prompt,
  reading: Reading,
  sizes: { maxTokens: number; contextLength: number; answerGrammar: string | undefined },
): CompletionRequest<CompletionPrompt> {
  const { maxTokens, contextLength, answerGrammar } = sizes;
  const grammar = answerGrammar ?? options.grammar;
  const { thinking, visibleTokens } = reading;
  const { think_budget: budget } = request;
  return {
    prompt: content,
    ...(media && { media }),
    sampling: options.sampling,
    stop: [...options.stop, ...stop],
    ...(options.bannedStrings.length > 0 && { bannedStrings: options.bannedStrings }),
    maxTokens,
    // Where the tokens are not known yet, whoever finds them out does the same.
    keep: 'text' in content ? options.keep : keptTokens(options.keep, content.length, contextLength),
    shift: !options.fillsContext && (request.shift ?? true),
    ...(options.draftTokens !== undefined && { draftTokens: options.draftTokens }),
    ...(options.isDeterministic && { deterministic: true }),
    ...(grammar !== undefined && { grammar }),
    ...(options.isFastForward && grammar !== undefined && { fastForward: true }),
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
