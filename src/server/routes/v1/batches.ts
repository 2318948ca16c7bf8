import { createBatchSchema } from '../../../api/batches.ts';
import { noteSubject } from '../../audit/audit-note.ts';
import { jsonReply } from '../../reply/http-reply.ts';
import { pageOf } from '../../reply/object-page.ts';
import { keyOwner } from '../../request/owner.ts';
import { bodyLimits, receiveRequest } from '../../request/request-body.ts';
import type { RequestContext, Route, ServerParts } from '../../server-parts.ts';

type Parts = Pick<ServerParts, 'batches' | 'keys'>;

const NOT_KEPT = { 'Cache-Control': 'no-store' } as const;

/** Requests that are answered while nobody waits for them (OpenAI's Batch API). */
export function batchRoutes({ batches, keys }: Parts): Route[] {
  return [
    {
      path: '/v1/batches',
      handlers: {
        GET: async (context) =>
          jsonReply(
            pageOf(context, await batches.list(keyOwner(context, keys, 'files and batches'))),
            NOT_KEPT,
          ),
        POST: async (context) => {
          const { request, headers } = await receiveRequest(context, createBatchSchema, bodyLimits.names);
          return jsonReply(
            await batches.create(keyOwner(context, keys, 'files and batches'), request),
            headers,
          );
        },
      },
    },
    {
      path: '/v1/batches/:id',
      handlers: {
        GET: async (context) =>
          jsonReply(await batches.get(keyOwner(context, keys, 'files and batches'), idOf(context)), NOT_KEPT),
      },
    },
    {
      path: '/v1/batches/:id/cancel',
      handlers: {
        POST: async (context) => {
          const id = idOf(context);
          noteSubject(context, { name: id });
          return jsonReply(await batches.cancel(keyOwner(context, keys, 'files and batches'), id));
        },
      },
    },
  ];
}

function idOf(context: RequestContext): string {
  return context.req.param('id') ?? '';
}
