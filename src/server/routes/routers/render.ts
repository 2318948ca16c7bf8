import type { ChatRequest } from '../../../api/chat.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import type { ModelOptions } from '../../../api/options/options.ts';
import { messagesRequestSchema, nativeMessagesRequest } from '../../../compat/anthropic/request.ts';
import { askedChat, chatCompletionSchema } from '../../../compat/openai/chat-request.ts';
import { completionSchema, nativeGenerateRequest } from '../../../compat/openai/text-completion-request.ts';
import { generateRequest } from '../../../compat/routers/render.ts';
import { cacheSaltOf } from '../../../inference/cache-salt.ts';
import type { ReadPrompt } from '../../../inference/completion/completion-run.ts';
import { saltHash } from '../../../protocol/salt-hash.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { listReply } from '../../reply/list-reply.ts';
import { ignoredHeader } from '../../reply/run-headers.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import { requestId } from '../../request/request-id.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';
import { readPrompt } from './read-prompt.ts';

type Parts = Pick<ServerParts, 'inference'> & FileParts;

/** What a router wants to know before it chooses a worker: the tokens of the prompt. */
export function renderRoutes(parts: Parts): Route[] {
  return [chatRenderRoute(parts), messagesRenderRoute(parts), completionsRenderRoute(parts)];
}

interface Asked {
  readonly model?: string | undefined;
  readonly stream?: boolean | undefined;
  readonly options?: ModelOptions | undefined;
  readonly cache_salt?: string | undefined;
}

function rendered(context: RequestContext, asked: Asked, { tokens }: ReadPrompt, prefix: string) {
  const { model = '', stream = false, options = {}, cache_salt } = asked;
  const salt = saltHash(cacheSaltOf(requestCaller(context), cache_salt));
  return generateRequest({
    requestId: `${prefix}${requestId(context)}`,
    ...{ model, tokens, stream, options, salt },
  });
}

/** The tokens of a chat, whatever dialect it came in. */
async function renderedChat(
  context: RequestContext,
  native: ChatRequest,
  { inference, ignored }: Pick<Parts, 'inference'> & { readonly ignored: IgnoredParts },
): Promise<Response> {
  const run = { ...native, _debug_render_only: true };
  const caller = requestCaller(context);
  const read = await readPrompt((notices) => inference.chat(run, caller, notices), ignored);
  return listReply(rendered(context, native, read, 'chatcmpl-'), 'token_ids', ignoredHeader(ignored));
}

function chatRenderRoute({ inference, ...files }: Parts): Route {
  return {
    path: '/v1/chat/completions/render',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          chatCompletionSchema,
          bodyLimits.conversation,
        );
        await obtainFiles(request, files, context);
        const { native } = askedChat(request, ignored);
        return renderedChat(context, native, { inference, ignored });
      },
    },
  };
}

function messagesRenderRoute({ inference, ...files }: Parts): Route {
  return {
    path: '/v1/messages/render',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          messagesRequestSchema,
          bodyLimits.conversation,
        );
        await obtainFiles(request, files, context);
        const native = nativeMessagesRequest(request, ignored);
        return renderedChat(context, native, { inference, ignored });
      },
    },
  };
}

function completionsRenderRoute({ inference }: Parts): Route {
  return {
    path: '/v1/completions/render',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(context, completionSchema, bodyLimits.texts);
        const replies: object[] = [];
        for (const prompt of request.prompt) {
          const native = nativeGenerateRequest(request, prompt, ignored);
          const run = { ...native, _debug_render_only: true };
          const tokens = typeof prompt === 'string' ? {} : { promptTokens: prompt };
          const caller = requestCaller(context);
          const read = await readPrompt(
            (notices) => inference.generate(run, caller, notices, tokens),
            ignored,
          );
          replies.push(rendered(context, native, read, 'cmpl-'));
        }
        return jsonReply(replies, ignoredHeader(ignored));
      },
    },
  };
}
