import type { PromptLogprob } from '../../../api/common.ts';
import { CompletionChunks, textCompletion } from '../../../compat/openai/completion-reply.ts';
import { withChoiceSeed } from '../../../compat/openai/sampling-fields.ts';
import {
  completionSchema,
  nativeGenerateRequest,
  scoresPrompts,
} from '../../../compat/openai/text-completion-request.ts';
import type { RunNotices } from '../../../inference/completion/completion-run.ts';
import { collectGenerate } from '../../reply/collect.ts';
import { newReplyId } from '../../reply/reply-ids.ts';
import { secondsNow, v1RunReply } from '../../reply/v1-run.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

type Parts = Pick<ServerParts, 'inference' | 'textTokens' | 'logger'>;

export function completionsRoute({ inference, textTokens, logger }: Parts): Route {
  return {
    path: '/v1/completions',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(context, completionSchema, bodyLimits.texts);
        const { model = '', n = 1, echo = false } = request;
        const caller = requestCaller(context);
        const { keep_alive, options } = request;
        const load = {
          model,
          ...(keep_alive !== undefined && { keep_alive }),
          ...(options && { options }),
        };
        const textOf = async (prompt: string | number[]) =>
          typeof prompt === 'string'
            ? prompt
            : (await textTokens.detokenize({ ...load, tokens: prompt }, caller)).content;
        // All answers to the first prompt come first, then those to the second, as OpenAI numbers them.
        const asked = request.prompt.flatMap((prompt) => {
          const native = nativeGenerateRequest(request, prompt, ignored);
          return Array.from({ length: n }, (_, index) => ({ prompt, native: withChoiceSeed(native, index) }));
        });
        const echoes = echo ? await Promise.all(asked.map(({ prompt }) => textOf(prompt))) : [];
        const promptLogprobs = asked.map((): PromptLogprob[] => []);
        const layout = { echoes, promptLogprobs, answersPerPrompt: n };
        const scores = scoresPrompts(request) ? { promptLogprobs: request.logprobs ?? 0 } : {};
        const head = { id: newReplyId('cmpl-'), created: secondsNow(), model };
        const chunks = new CompletionChunks(head, layout);
        return v1RunReply(context, {
          runs: (runCaller, notices) =>
            asked.map(({ prompt, native }, index) => {
              const own: RunNotices = {
                ignored: (name) => notices.ignored?.(name),
                templateFallback: () => notices.templateFallback?.(),
                promptTruncated: () => notices.promptTruncated?.(),
                contextGrown: (contextLength) => notices.contextGrown?.(contextLength),
                answerLimited: (tokens) => notices.answerLimited?.(tokens),
                promptLogprobs: (part) => promptLogprobs[index]?.push(...part),
              };
              const tokens = typeof prompt === 'string' ? {} : { promptTokens: prompt };
              return inference.generate(native, { ...runCaller, choice: index % n }, own, {
                ...scores,
                ...tokens,
              });
            }),
          id: head.id,
          stream: (request.stream ?? false) && !request._debug_render_only,
          collect: collectGenerate,
          whole: (answers) => textCompletion(head, answers, layout),
          part: (part) => chunks.of(part),
          end: () => (request.stream_options?.include_usage ? [chunks.usage()] : []),
          ignored,
          logger,
        });
      },
    },
  };
}
