import { OllamaError } from '../../../base/errors.ts';
import { askedChat } from '../../../compat/openai/chat-request.ts';
import {
  routerDetokenizeSchema,
  routerTokenizeSchema,
  textReply,
  textToRead,
  tokenReply,
} from '../../../compat/routers/tokenize.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { listReply } from '../../reply/list-reply.ts';
import { ignoredHeader } from '../../reply/run-headers.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { Route, ServerParts } from '../../server-parts.ts';
import { readPrompt } from './read-prompt.ts';

type Parts = Pick<ServerParts, 'inference' | 'textTokens'> & FileParts;

/** The tokens of a text, or of the prompt of a chat, in vLLM's form. */
export function routerTokenizeRoute({ inference, textTokens, ...files }: Parts): Route {
  return {
    path: '/tokenize',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          routerTokenizeSchema,
          bodyLimits.conversation,
        );
        const caller = requestCaller(context);
        if (request.prompt !== undefined) {
          const read = await textTokens.read(textToRead(request, request.prompt), caller);
          const reply = tokenReply(read.tokens, read.contextLength, read.pieces);
          return listReply({ ...reply }, 'tokens', ignoredHeader(ignored));
        }
        if (request.messages.length === 0)
          throw new OllamaError('invalid-request', 'prompt or messages is required');
        await obtainFiles(request, files, context);
        const { native } = askedChat(request, ignored);
        const run = { ...native, _debug_render_only: true };
        const read = await readPrompt((notices) => inference.chat(run, caller, notices), ignored, false);
        return listReply(
          { ...tokenReply(read.tokens, read.contextLength) },
          'tokens',
          ignoredHeader(ignored),
        );
      },
    },
  };
}

/** The text of tokens, in the forms of vLLM and SGLang. */
export function routerDetokenizeRoute({ textTokens }: Pick<ServerParts, 'textTokens'>): Route {
  return {
    path: '/detokenize',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, routerDetokenizeSchema, bodyLimits.texts);
        const { content } = await textTokens.detokenize(request, requestCaller(context));
        return jsonReply(textReply(content), headers);
      },
    },
  };
}
