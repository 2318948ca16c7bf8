import { requireModel } from '../../access/require-model.ts';
import { copyRequestSchema } from '../../api/copy.ts';
import { copyModel } from '../../models/copy.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

export function copyRoute({ store }: Pick<ServerParts, 'store'>): Route {
  return {
    path: '/api/copy',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, copyRequestSchema, bodyLimits.names);
        for (const name of [request.source, request.destination]) requireModel(context.get('key'), name);
        await copyModel(request, { store });
        return new Response(null, { headers });
      },
    },
  };
}
