import type { ChatRequest } from '../../../api/chat.ts';
import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import type { ModelOptions } from '../../../api/options/options.ts';
import { messagesRequestSchema, nativeMessagesRequest } from '../../../compat/anthropic/request.ts';
import { askedChat, chatCompletionSchema } from '../../../compat/openai/chat-request.ts';
import { responsesSchema } from '../../../compat/openai/responses/request.ts';
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
import type { ResponseStore } from '../../response-store.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';
import { askedResponse } from '../v1/asked-response.ts';
import { readPrompt } from './read-prompt.ts';

type Parts = Pick<ServerParts, 'inference'> & FileParts & { readonly responses: ResponseStore };

/**
 * What a router wants to know before it chooses a worker: the tokens of the prompt. They come before `/v1/responses/:id`, which has
 * their place in its path.
 */
export function renderRoutes(parts: Parts): Route[] {
  return [
    chatRenderRoute(parts),
    messagesRenderRoute(parts),
    completionsRenderRoute(parts),
    responsesRenderRoute(parts),
    inputTokensRoute(parts),
  ];
}

interface Asked {
  readonly model?: string | undefined;
  readonly stream?: boolean | undefined;
  readonly options?: ModelOptions | undefined;
  readonly cache_salt?: string | undefined;
}

function rendered(
  context: RequestContext,
  asked: Asked,
  { tokens, prefix, suffix = '' }: ReadPrompt & { readonly prefix: string; readonly suffix?: string },
) {
  const { model = '', stream = false, options = {}, cache_salt } = asked;
  const salt = saltHash(cacheSaltOf(requestCaller(context), cache_salt));
  return generateRequest({
    requestId: `${prefix}${requestId(context)}${suffix}`,
    ...{ model, tokens, stream, options, salt },
  });
}

interface ChatParts extends Pick<Parts, 'inference'> {
  readonly ignored: IgnoredParts;
  /** Whether the request itself would be answered by a stream. */
  readonly stream: boolean | undefined;
  /** What its ID begins with; default: that of a chat. */
  readonly prefix?: string;
}

/** The tokens of a chat, whatever dialect it came in. */
async function renderedChat(
  context: RequestContext,
  native: ChatRequest,
  { inference, ignored, stream, prefix = 'chatcmpl-' }: ChatParts,
): Promise<Response> {
  const run = { ...native, _debug_render_only: true };
  const caller = requestCaller(context);
  const read = await readPrompt((notices) => inference.chat(run, caller, notices), ignored);
  const reply = rendered(context, { ...native, stream }, { ...read, prefix });
  return listReply(reply, ignoredHeader(ignored));
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
        return renderedChat(context, native, { inference, ignored, stream: request.stream });
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
        return renderedChat(context, native, { inference, ignored, stream: request.stream });
      },
    },
  };
}

/** A request for a response, with the conversation before it if this server has stored that. */
async function receiveResponse(
  context: RequestContext,
  { responses, files }: Pick<Parts, 'responses'> & { readonly files: FileParts },
) {
  const { request, ignored } = await receiveRequest(context, responsesSchema, bodyLimits.conversation);
  await obtainFiles(request, files, context);
  const { native } = askedResponse(context, request, { responses, ignored });
  return { request, ignored, native };
}

function responsesRenderRoute({ inference, responses, ...files }: Parts): Route {
  return {
    path: '/v1/responses/render',
    handlers: {
      POST: async (context) => {
        const { request, ignored, native } = await receiveResponse(context, { responses, files });
        const { stream } = request;
        return renderedChat(context, native, { inference, ignored, stream, prefix: 'resp_' });
      },
    },
  };
}

/** How many tokens the prompt of a response would have, as OpenAI counts them. */
function inputTokensRoute({ inference, responses, ...files }: Parts): Route {
  return {
    path: '/v1/responses/input_tokens',
    handlers: {
      POST: async (context) => {
        const { ignored, native } = await receiveResponse(context, { responses, files });
        const run = { ...native, _debug_render_only: true };
        const caller = requestCaller(context);
        const { tokens } = await readPrompt(
          (notices) => inference.chat(run, caller, notices),
          ignored,
          false,
        );
        const reply = { object: 'response.input_tokens', input_tokens: tokens.length };
        return jsonReply(reply, ignoredHeader(ignored));
      },
    },
  };
}

function completionsRenderRoute({ inference }: Pick<Parts, 'inference'>): Route {
  return {
    path: '/v1/completions/render',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(context, completionSchema, bodyLimits.texts);
        const replies: object[] = [];
        for (const [index, prompt] of request.prompt.entries()) {
          const native = nativeGenerateRequest(request, prompt, ignored);
          const run = { ...native, _debug_render_only: true };
          const tokens = typeof prompt === 'string' ? {} : { promptTokens: prompt };
          const caller = requestCaller(context);
          const read = await readPrompt(
            (notices) => inference.generate(run, caller, notices, tokens),
            ignored,
          );
          const suffix = request.prompt.length > 1 ? `-${index}` : '';
          const asked = { ...native, stream: request.stream };
          replies.push(rendered(context, asked, { ...read, prefix: 'cmpl-', suffix }));
        }
        return jsonReply(replies, ignoredHeader(ignored));
      },
    },
  };
}
