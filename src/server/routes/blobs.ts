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
        if ((await store.blobs.size(expected)) !== undefined) return new Response(null, { status: 200 });
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
 * Prefers Node's own stream, which is faster than its web wrapper. A failure does not destroy it, so the reply can be
 * sent.
 */
function bodyOf(context: RequestContext): AsyncIterable<Uint8Array> {
  const body = context.env?.incoming?.iterator({ destroyOnReturn: false }) ?? context.req.raw.body;
  if (!body) throw new OllamaError('invalid-request', 'missing request body');
  return body;
}
