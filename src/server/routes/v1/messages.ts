import { OllamaError } from '../../../base/errors.ts';
import { MessageEvents } from '../../../compat/anthropic/events.ts';
import { messageReply } from '../../../compat/anthropic/reply.ts';
import {
  countTokensSchema,
  messagesRequestSchema,
  nativeMessagesRequest,
  nativePrompt,
} from '../../../compat/anthropic/request.ts';
import { collectChat } from '../../reply/collect.ts';
import { anthropic } from '../../reply/dialect.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { newReplyId } from '../../reply/reply-ids.ts';
import { ignoredHeader, RunHeaders } from '../../reply/run-headers.ts';
import { type SseEvent, sseReply } from '../../reply/sse-reply.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import { requestId, requestLogger } from '../../request/request-id.ts';
import { requestAbort } from '../../request/request-signal.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

/** The ping event of this dialect, which clients expect during silence. */
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';

type Parts = Pick<ServerParts, 'inference' | 'logger'> & FileParts;

export function messagesRoute({ inference, logger, ...files }: Parts): Route {
  return {
    path: '/v1/messages',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          messagesRequestSchema,
          bodyLimits.conversation,
        );
        await obtainFiles(request, files, context);
        const { model = '', stop_sequences: stopSequences = [] } = request;
        const native = nativeMessagesRequest(request, ignored);
        const head = { id: newReplyId('msg_'), model, stopSequences };
        const events = new MessageEvents(head);
        const abort = requestAbort(context);
        const replyHeaders = new RunHeaders(ignored);
        const notices = {
          ignored: (name: string) => replyHeaders.ignored(name),
          templateFallback: () => replyHeaders.templateFallback(),
          promptTruncated: () => replyHeaders.promptTruncated(),
          contextGrown: (contextLength: number) => replyHeaders.contextGrown(contextLength),
          answerLimited: (tokens: number) => replyHeaders.answerLimited(tokens),
          promptTokens: (count: number) => {
            events.inputTokens = count;
          },
        };
        const about = { isStream: request.stream ?? false, responseId: head.id };
        const chunks = inference.chat(native, requestCaller(context, abort, about), notices);
        if (!request.stream) {
          const all = [];
          for await (const chunk of chunks) all.push(chunk);
          return jsonReply(messageReply(head, collectChat(all)), replyHeaders.all());
        }
        async function* stream(): AsyncGenerator<SseEvent, void, undefined> {
          for await (const chunk of chunks) {
            for (const data of events.of(chunk)) yield { event: data.type, data };
          }
        }
        const errorEvents = (error: OllamaError) => [
          { event: 'error', data: anthropic.errorBody(error, requestId(context)) },
        ];
        return sseReply(stream(), {
          abort,
          logger: requestLogger(context, logger),
          headers: () => replyHeaders.all(),
          errorEvents,
          keepAlive: PING,
        });
      },
    },
  };
}

type CountParts = Pick<ServerParts, 'inference' | 'textTokens'> & FileParts;

/** Counts the tokens of the prompt that the model would receive. */
export function countTokensRoute({ inference, textTokens, ...files }: CountParts): Route {
  return {
    path: '/v1/messages/count_tokens',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          countTokensSchema,
          bodyLimits.conversation,
        );
        await obtainFiles(request, files, context);
        const { model = '' } = request;
        if (model === '') throw new OllamaError('invalid-request', 'model is required');
        const caller = requestCaller(context);
        const native = nativePrompt(request, ignored);
        let count = 0;
        const rendered = inference.chat({ ...native, _debug_render_only: true }, caller, {
          ignored: (name) => ignored.add(name),
          promptTokens: (tokens) => {
            count = tokens;
          },
        });
        let content = '';
        for await (const { _debug_info: shown } of rendered) {
          // A text does not say how many tokens its pictures become.
          if (shown?.image_count) return jsonReply({ input_tokens: count }, ignoredHeader(ignored));
          content += shown?.rendered_template ?? '';
        }
        const { tokens } = await textTokens.tokenize({ model, content, add_special: true }, caller);
        return jsonReply({ input_tokens: tokens.length }, ignoredHeader(ignored));
      },
    },
  };
}
