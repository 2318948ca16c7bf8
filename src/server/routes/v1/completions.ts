import { CompletionChunks, textCompletion } from '../../../compat/openai/completion-reply.ts';
import { withChoiceSeed } from '../../../compat/openai/sampling-fields.ts';
import { completionSchema, nativeGenerateRequest } from '../../../compat/openai/text-completion-request.ts';
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
        const { request, headers } = await receiveRequest(context, completionSchema, bodyLimits.texts);
        const { model = '', n = 1, echo = false } = request;
        const caller = requestCaller(context);
        const textOf = async (tokens: number[]) =>
          (await textTokens.detokenize({ model, tokens }, caller)).content;
        const prompts = await Promise.all(
          request.prompt.map((prompt) => (typeof prompt === 'string' ? prompt : textOf(prompt))),
        );
        const isRaw = typeof request.prompt[0] !== 'string';
        // All answers to the first prompt come first, then those to the second, as OpenAI numbers them.
        const asked = prompts.flatMap((prompt) => {
          const native = nativeGenerateRequest(request, prompt, isRaw);
          return Array.from({ length: n }, (_, index) => withChoiceSeed(native, index));
        });
        const echoes = echo ? asked.map(({ prompt = '' }) => prompt) : [];
        const layout = { echoes, answersPerPrompt: n };
        const head = { id: newReplyId('cmpl-'), created: secondsNow(), model };
        const chunks = new CompletionChunks(head, layout);
        return v1RunReply(context, {
          runs: (runSignal, notices) => asked.map((native) => inference.generate(native, runSignal, notices)),
          stream: (request.stream ?? false) && !request._debug_render_only,
          collect: collectGenerate,
          whole: (answers) => textCompletion(head, answers, layout),
          part: (part) => chunks.of(part),
          end: () => (request.stream_options?.include_usage ? [chunks.usage()] : []),
          headers,
          logger,
        });
      },
    },
  };
}
