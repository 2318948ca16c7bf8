import { randomBytes } from 'node:crypto';
import { type LinkResponse, linkRequestSchema } from '../../api/link.ts';
import { parseDigest, shortDigest } from '../../names/digest.ts';
import { adoptLink } from '../../store/adopt-link.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { requireLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import { requestAbort } from '../request/request-signal.ts';
import type { Route, ServerParts } from '../server-parts.ts';

/** The token length that `BlobStore.linkPlace` accepts. */
const TOKEN_BYTES = 16;

/**
 * Turns a file of the client into a blob without copying it. The client itself puts a link into the blobs folder, which
 * proves its permission to do so. The server never looks up a path from the client, so it cannot reveal what exists.
 */
export function linkRoute({ store }: Pick<ServerParts, 'store'>): Route {
  return {
    path: '/api/link',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, linkRequestSchema, bodyLimits.names);
        const digest = parseDigest(request.digest);
        requireLocalClient(context, 'files can be linked');
        if (request.token === undefined) {
          const token = randomBytes(TOKEN_BYTES).toString('hex');
          const reply: LinkResponse = { token, path: await store.blobs.newLinkPlace(token) };
          return jsonReply(reply, headers);
        }
        const { signal } = requestAbort(context);
        const source = request.source ?? shortDigest(digest);
        await adoptLink(store.blobs, { token: request.token, digest, source, signal });
        return new Response(null, { status: 201, headers });
      },
    },
  };
}
