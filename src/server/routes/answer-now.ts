import type { AnswerNowResponse } from '../../api/answer-now.ts';
import { jsonReply } from '../reply/http-reply.ts';
import type { Route, ServerParts } from '../server-parts.ts';

/** Ends the thinking of a running request, so that its answer begins. `:id` is its `X-Request-Id`. */
export function answerNowRoute({ inference }: Pick<ServerParts, 'inference'>): Route {
  return {
    path: '/api/runs/:id/answer',
    handlers: {
      POST: (context) => {
        const id = context.req.param('id') ?? '';
        const key = context.get('key');
        const asker = { keyId: key?.id, isAdmin: key?.scopes.has('admin') ?? false };
        const body: AnswerNowResponse = { id, ended: inference.answerNow(id, asker) };
        return jsonReply(body);
      },
    },
  };
}
