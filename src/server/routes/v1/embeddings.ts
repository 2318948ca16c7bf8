import { embeddingList, embeddingsV1Schema } from '../../../compat/openai/embeddings.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

type Parts = Pick<ServerParts, 'embedder' | 'textTokens'>;

export function embeddingsV1Route({ embedder, textTokens }: Parts): Route {
  return {
    path: '/v1/embeddings',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, embeddingsV1Schema, bodyLimits.texts);
        const { model = '', input, encoding_format: encoding = 'float', ...others } = request;
        const caller = requestCaller(context);
        const textOf = async (tokens: number[]) =>
          (await textTokens.detokenize({ model, tokens }, caller)).content;
        const texts = await Promise.all(
          input.map((item) => (typeof item === 'string' ? item : textOf(item))),
        );
        const reply = await embedder.embed({ ...others, model, input: texts }, caller);
        return jsonReply(embeddingList(reply, encoding), headers);
      },
    },
  };
}
