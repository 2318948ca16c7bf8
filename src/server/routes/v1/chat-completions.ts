import { ChatChunks, chatCompletion } from '../../../compat/openai/chat-reply.ts';
import { askedChat, chatCompletionSchema } from '../../../compat/openai/chat-request.ts';
import { withChoiceSeed } from '../../../compat/openai/sampling-fields.ts';
import { collectChat } from '../../reply/collect.ts';
import { newReplyId } from '../../reply/reply-ids.ts';
import { secondsNow, v1RunReply } from '../../reply/v1-run.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

export function chatCompletionsRoute({
  inference,
  logger,
  ...files
}: Pick<ServerParts, 'inference' | 'logger'> & FileParts): Route {
  return {
    path: '/v1/chat/completions',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          chatCompletionSchema,
          bodyLimits.conversation,
        );
        await obtainFiles(request, files, context);
        const { native, form } = askedChat(request, ignored);
        const head = { id: newReplyId('chatcmpl-'), created: secondsNow(), model: native.model ?? '' };
        const chunks = new ChatChunks(head, form);
        return v1RunReply(context, {
          runs: (caller, notices) =>
            Array.from({ length: request.n ?? 1 }, (_, index) =>
              inference.chat(withChoiceSeed(native, index), { ...caller, choice: index }, notices),
            ),
          id: head.id,
          stream: (request.stream ?? false) && !request._debug_render_only,
          collect: collectChat,
          whole: (choices) => chatCompletion(head, choices, form),
          part: (part) => chunks.of(part),
          end: () => (request.stream_options?.include_usage ? [chunks.usage()] : []),
          ignored,
          logger,
        });
      },
    },
  };
}
