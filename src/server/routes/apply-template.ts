import type { ApplyTemplateResponse } from '../../api/apply-template.ts';
import { chatRequestSchema } from '../../api/chat.ts';
import { OllamaError } from '../../base/errors.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { RunHeaders } from '../reply/run-headers.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestCaller } from '../request/request-caller.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function applyTemplateRoute({ inference }: Pick<ServerParts, 'inference'>): Route {
  return {
    path: '/api/apply-template',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          chatRequestSchema,
          bodyLimits.conversation,
        );
        if (!request.messages?.length) throw new OllamaError('invalid-request', 'messages is required');
        const notices = new RunHeaders(ignored);
        const asked = { ...request, _debug_render_only: true };
        const chunks = inference.chat(asked, requestCaller(context), notices);
        for await (const { model, _debug_info } of chunks) {
          const body: ApplyTemplateResponse = { model, prompt: _debug_info?.rendered_template ?? '' };
          if (notices.isTruncated) body.prompt_truncated = true;
          return jsonReply(body, notices.all());
        }
        throw new OllamaError('internal', 'the template produced no prompt');
      },
    },
  };
}
