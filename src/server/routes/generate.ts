import { generateRequestSchema } from '../../api/generate.ts';
import { collectGenerate } from '../reply/collect.ts';
import { runReply } from '../reply/run-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function generateRoute({ inference, logger }: Pick<ServerParts, 'inference' | 'logger'>): Route {
  return {
    path: '/api/generate',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          generateRequestSchema,
          bodyLimits.conversation,
        );
        return runReply(context, {
          start: (caller, notices) => inference.generate(request, caller, notices),
          stream: request.stream ?? true,
          collect: collectGenerate,
          ignored,
          logger,
        });
      },
    },
  };
}
