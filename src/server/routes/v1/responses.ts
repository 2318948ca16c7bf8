import type { ChatResponse } from '../../../api/chat.ts';
import { OllamaError } from '../../../base/errors.ts';
import { ResponseEvents } from '../../../compat/openai/responses/events.ts';
import { outputItems } from '../../../compat/openai/responses/output-items.ts';
import { responsesSchema } from '../../../compat/openai/responses/request.ts';
import { responseError } from '../../../compat/openai/responses/response-error.ts';
import { outcomeStatus, responseObject } from '../../../compat/openai/responses/response-object.ts';
import { collectChat } from '../../reply/collect.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { newReplyId } from '../../reply/reply-ids.ts';
import { RunHeaders } from '../../reply/run-headers.ts';
import { KEEP_ALIVE_COMMENT, type SseEvent, sseReply } from '../../reply/sse-reply.ts';
import { secondsNow } from '../../reply/v1-run.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import { requestLogger } from '../../request/request-id.ts';
import { requestAbort } from '../../request/request-signal.ts';
import type { ResponseStore } from '../../response-store.ts';
import type { Route, ServerParts } from '../../server-parts.ts';
import { askedResponse } from './asked-response.ts';

type Parts = Pick<ServerParts, 'inference' | 'logger'> & FileParts & { readonly responses: ResponseStore };

export function responsesRoute({ inference, logger, responses, ...files }: Parts): Route {
  return {
    path: '/v1/responses',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(context, responsesSchema, bodyLimits.conversation);
        await obtainFiles(request, files, context);
        const owner = context.get('key')?.id;
        const { native, tools, previous } = askedResponse(context, request, { responses, ignored });
        const head = { id: newReplyId('resp_'), created: secondsNow(), request };
        const abort = requestAbort(context);
        const notices = new RunHeaders(ignored);
        const conversationId = previous?.conversationId ?? head.id;
        const about = { isStream: request.stream ?? false, responseId: head.id, conversationId };
        const chunks = inference.chat(native, requestCaller(context, abort, about), notices);
        const keep = (reply: ChatResponse, response: object) => {
          if (request.store === false) return;
          const asked = (native.messages ?? []).slice(request.instructions ? 1 : 0);
          responses.add(head.id, { messages: [...asked, reply.message], conversationId, response, owner });
        };
        if (!request.stream) {
          const all: ChatResponse[] = [];
          for await (const chunk of chunks) all.push(chunk);
          const reply = collectChat(all);
          const output = outputItems(reply, newReplyId, tools);
          const response = responseObject(head, { status: outcomeStatus(reply), output, last: reply });
          keep(reply, response);
          return jsonReply(response, notices.all());
        }
        const events = new ResponseEvents(head, newReplyId, tools);
        async function* stream(): AsyncGenerator<SseEvent, void, undefined> {
          const all: ChatResponse[] = [];
          for await (const chunk of chunks) {
            all.push(chunk);
            for (const event of events.of(chunk)) {
              if (chunk.done && typeof event.response === 'object' && event.response) {
                keep(collectChat(all), event.response);
              }
              yield { event: String(event.type), data: event };
            }
          }
        }
        return sseReply(stream(), {
          abort,
          logger: requestLogger(context, logger),
          headers: () => notices.all(),
          errorEvents: (error) =>
            events.failed(responseError(error)).map((event) => ({ event: String(event.type), data: event })),
          keepAlive: KEEP_ALIVE_COMMENT,
        });
      },
    },
  };
}

/** Reads or deletes a stored response. */
export function storedResponseRoute({ responses }: Pick<Parts, 'responses'>): Route {
  const missing = (id: string) =>
    new OllamaError('invalid-request', `Response with id '${id}' not found.`, { status: 404 });
  return {
    path: '/v1/responses/:id',
    handlers: {
      GET: (context) => {
        const id = context.req.param('id') ?? '';
        const stored = responses.get(id, context.get('key')?.id);
        if (!stored) throw missing(id);
        return jsonReply(stored.response);
      },
      DELETE: (context) => {
        const id = context.req.param('id') ?? '';
        if (!responses.delete(id, context.get('key')?.id)) throw missing(id);
        return jsonReply({ id, object: 'response', deleted: true });
      },
    },
  };
}
