import { OllamaError } from '../../../base/errors.ts';
import { askedChat } from '../../../compat/openai/chat-request.ts';
import {
  type RouterTokenizeRequest,
  requireOneEnding,
  routerDetokenizeSchema,
  routerTokenizeSchema,
  textReply,
  textToRead,
  tokenListsReply,
  tokenReply,
  tokensToRead,
  tokenText,
} from '../../../compat/routers/tokenize.ts';
import type { ReadText } from '../../../inference/text-tokens.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { listReply } from '../../reply/list-reply.ts';
import { ignoredHeader } from '../../reply/run-headers.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';
import { readPrompt } from './read-prompt.ts';
import { namedModel, type ServedParts } from './served-model.ts';

type TextParts = Pick<ServerParts, 'textTokens'> & ServedParts;
type Parts = Pick<ServerParts, 'inference'> & TextParts & FileParts;

/** The tokens of a text, of several texts, or of the prompt of a chat, in the forms of vLLM and SGLang. */
export function routerTokenizeRoute(parts: Parts): Route {
  return {
    path: '/tokenize',
    handlers: {
      POST: async (context) => {
        const { request: received, ignored } = await receiveRequest(
          context,
          routerTokenizeSchema,
          bodyLimits.conversation,
        );
        const request = { ...received, model: await namedModel(context, received.model, parts) };
        const { prompt } = request;
        if (typeof prompt === 'string') {
          const reply = tokenReply(await readText(context, request, { prompt, ...parts }));
          return listReply(reply, ignoredHeader(ignored));
        }
        if (prompt !== undefined) {
          const all: ReadText<string>[] = [];
          for (const one of prompt) all.push(await readText(context, request, { prompt: one, ...parts }));
          return listReply(tokenListsReply(all), ignoredHeader(ignored));
        }
        if (request.messages.length === 0)
          throw new OllamaError('invalid-request', 'prompt or messages is required');
        requireOneEnding(request);
        const { inference, textTokens, models: _models, scheduler: _scheduler, ...files } = parts;
        await obtainFiles(request, files, context);
        const { native } = askedChat(request, ignored);
        const run = { ...native, _debug_render_only: true };
        const caller = requestCaller(context);
        const read = await readPrompt((notices) => inference.chat(run, caller, notices), ignored, false);
        const pieces = request.return_token_strs
          ? await textTokens.pieces({ model: request.model, tokens: [...read.tokens] }, caller, tokenText)
          : undefined;
        const reply = tokenReply({ ...read, ...(pieces && { pieces }) });
        return listReply(reply, ignoredHeader(ignored));
      },
    },
  };
}

function readText(
  context: RequestContext,
  request: RouterTokenizeRequest,
  { prompt, textTokens }: Pick<TextParts, 'textTokens'> & { readonly prompt: string },
): Promise<ReadText<string>> {
  return textTokens.read(textToRead(request, prompt), requestCaller(context), tokenText);
}

/** The text of tokens, or the texts of several lists of them, in the forms of vLLM and SGLang. */
export function routerDetokenizeRoute({ textTokens, ...parts }: TextParts): Route {
  return {
    path: '/detokenize',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, routerDetokenizeSchema, bodyLimits.texts);
        const model = await namedModel(context, request.model, parts);
        const contents: string[] = [];
        for (const one of tokensToRead({ ...request, model })) {
          const { content } = await textTokens.detokenize(one, requestCaller(context));
          contents.push(content);
        }
        return jsonReply(textReply(request.tokens.isOne ? (contents[0] ?? '') : contents), headers);
      },
    },
  };
}
