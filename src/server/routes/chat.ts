import { chatRequestSchema } from '../../api/chat.ts';
import { collectChat } from '../reply/collect.ts';
import { runReply } from '../reply/run-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function chatRoute({ inference, logger }: Pick<ServerParts, 'inference' | 'logger'>): Route {
  return {
    path: '/api/chat',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          chatRequestSchema,
          bodyLimits.conversation,
        );
        return runReply(context, {
          start: (caller, notices) => inference.chat(request, caller, notices),
          stream: request.stream ?? true,
          collect: collectChat,
          ignored,
          logger,
        });
      },
    },
  };
}
