import type { BlobResponse } from '../../api/blobs.ts';
import { OllamaError } from '../../base/errors.ts';
import { parseDigest } from '../../names/digest.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';

export function blobRoutes({ store }: Pick<ServerParts, 'store'>): Route[] {
  return [uploadRoute(store), blobRoute(store)];
}

/** Takes bytes whose digest the client does not know, such as those of a file that a browser cannot hash while it reads it. */
function uploadRoute(store: ServerParts['store']): Route {
  return {
    path: '/api/blobs',
    handlers: {
      POST: async (context) => {
        const { digest, size } = await store.blobs.write(bodyOf(context), {
          signal: requestAbort(context).signal,
        });
        const reply: BlobResponse = { digest, size };
        return jsonReply(reply);
      },
    },
  };
}

function blobRoute(store: ServerParts['store']): Route {
  return {
    path: '/api/blobs/:digest',
    handlers: {
      HEAD: async (context) => {
        const size = await store.blobs.size(digestOf(context));
        return new Response(null, { status: size === undefined ? 404 : 200 });
      },
      POST: async (context) => {
        const expected = digestOf(context);
        const size = await store.blobs.size(expected);
        if (size !== undefined) {
          const body = unreadBody(context);
          if (body) await discard(body, size);
          return new Response(null, { status: 200 });
        }
        await store.blobs.write(bodyOf(context), { expected, signal: requestAbort(context).signal });
        return new Response(null, { status: 201 });
      },
    },
  };
}

function digestOf(context: RequestContext) {
  return parseDigest(context.req.param('digest') ?? '');
}

/**
 * Reads what a client sends although it is there already: some clients take a reply before the end of their upload for a failure.
 * @param size bytes of the blob, which the right bytes cannot exceed
 */
async function discard(body: AsyncIterable<Uint8Array>, size: number): Promise<void> {
  let read = 0;
  for await (const bytes of body) {
    read += bytes.length;
    if (read >= size) return;
  }
}

function bodyOf(context: RequestContext): AsyncIterable<Uint8Array> {
  const body = unreadBody(context);
  if (!body) throw new OllamaError('invalid-request', 'missing request body');
  return body;
}

/**
 * Prefers Node's own stream, which is faster than its web wrapper. A failure does not destroy it, so the reply can be
 * sent.
 */
function unreadBody({ env, req }: RequestContext): AsyncIterable<Uint8Array> | null {
  return env?.incoming?.iterator({ destroyOnReturn: false }) ?? req.raw.body;
}
