import type { KeyStore, ShownKey } from '../../access/key-store.ts';
import {
  createKeyRequestSchema,
  type KeysResponse,
  type NewKeyResponse,
  rotateKeyRequestSchema,
} from '../../api/keys.ts';
import { jsonReply } from '../reply/http-reply.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { RequestContext, Route } from '../server-parts.ts';

interface Parts {
  readonly keys: Pick<KeyStore, 'list' | 'show' | 'create' | 'rotate' | 'revoke'>;
}

/** A proxy or browser must not keep what shows a key. */
const NOT_KEPT = { 'Cache-Control': 'no-store' } as const;

/** The keys of clients. `:id` is the ID of a key or its name. */
export function keyRoutes({ keys }: Parts): Route[] {
  return [
    {
      path: '/api/keys',
      handlers: {
        GET: () => {
          const body: KeysResponse = { keys: keys.list() };
          return jsonReply(body);
        },
        POST: async (context) => {
          const { request, headers } = await receiveRequest(
            context,
            createKeyRequestSchema,
            bodyLimits.names,
          );
          return shown(await keys.create(request), headers);
        },
      },
    },
    {
      path: '/api/keys/:id',
      handlers: {
        GET: (context) => jsonReply(keys.show(idOf(context))),
        DELETE: async (context) => jsonReply(await keys.revoke(idOf(context))),
      },
    },
    {
      path: '/api/keys/:id/rotate',
      handlers: {
        POST: async (context) => {
          const { request, headers } = await receiveRequest(
            context,
            rotateKeyRequestSchema,
            bodyLimits.names,
          );
          return shown(await keys.rotate(idOf(context), request.grace), headers);
        },
      },
    },
  ];
}

function idOf(context: RequestContext): string {
  return context.req.param('id') ?? '';
}

function shown({ info, key }: ShownKey, headers: Readonly<Record<string, string>>): Response {
  const body: NewKeyResponse = { key, ...info };
  return jsonReply(body, { ...headers, ...NOT_KEPT });
}
