import { runTogether } from '../../../base/together.ts';
import { embeddingList, embeddingsV1Schema } from '../../../compat/openai/embeddings.ts';
import { listReply } from '../../reply/list-reply.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

/** A hundred thousand questions at once would fill the model's queue. */
const TEXTS_TOGETHER = 16;

type Parts = Pick<ServerParts, 'embedder' | 'textTokens'>;

export function embeddingsV1Route({ embedder, textTokens }: Parts): Route {
  return {
    path: '/v1/embeddings',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, embeddingsV1Schema, bodyLimits.texts);
        const { model = '', input, encoding_format: encoding = 'float', ...others } = request;
        const caller = requestCaller(context);
        const texts: string[] = [];
        const items: readonly (string | number[])[] = input;
        await runTogether(items.entries(), TEXTS_TOGETHER, caller.signal, async ([index, item]) => {
          const isText = typeof item === 'string';
          texts[index] = isText
            ? item
            : (await textTokens.detokenize({ model, tokens: item }, caller)).content;
        });
        const reply = await embedder.embed({ ...others, model, input: texts }, caller);
        return listReply(embeddingList(reply, encoding), 'data', headers);
      },
    },
  };
}
