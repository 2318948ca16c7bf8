import type { EmbedResponse } from '../../../api/embed.ts';
import { runTogether } from '../../../base/together.ts';
import { embeddedSubject, embeddingList, embeddingsV1Schema } from '../../../compat/openai/embeddings.ts';
import type { Caller } from '../../../inference/caller.ts';
import { listReply } from '../../reply/list-reply.ts';
import { ignoredHeader } from '../../reply/run-headers.ts';
import { type FileParts, obtainFiles } from '../../request/attached-files.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import { requestCaller } from '../../request/request-caller.ts';
import type { Route, ServerParts } from '../../server-parts.ts';

/** A hundred thousand questions at once would fill the model's queue. */
const TEXTS_TOGETHER = 16;

type Parts = Pick<ServerParts, 'embedder' | 'textTokens'> & FileParts;

export function embeddingsV1Route({ embedder, textTokens, ...files }: Parts): Route {
  return {
    path: '/v1/embeddings',
    handlers: {
      POST: async (context) => {
        const { request, ignored } = await receiveRequest(
          context,
          embeddingsV1Schema,
          bodyLimits.conversation,
        );
        const { model = '', input, messages, encoding_format: encoding = 'float', ...others } = request;
        if (messages) await obtainFiles({ model, messages }, files, context);
        const caller = requestCaller(context);
        const subject = embeddedSubject({ ...(input && { input }), ...(messages && { messages }) }, ignored);
        const inputs =
          'messages' in subject
            ? subject
            : { input: await textsOf(subject.input, { model, textTokens, caller }) };
        const reply: EmbedResponse = await embedder.embed({ ...others, model, ...inputs }, caller, (name) =>
          ignored.add(name),
        );
        return listReply(embeddingList(reply, encoding), ignoredHeader(ignored));
      },
    },
  };
}

/** Token lists become the texts that they stand for. */
async function textsOf(
  items: readonly (string | number[])[],
  { model, textTokens, caller }: Pick<Parts, 'textTokens'> & { model: string; caller: Caller },
): Promise<string[]> {
  const texts: string[] = [];
  await runTogether(items.entries(), TEXTS_TOGETHER, caller.signal, async ([index, item]) => {
    texts[index] =
      typeof item === 'string'
        ? item
        : (await textTokens.detokenize({ model, tokens: item }, caller)).content;
  });
  return texts;
}
