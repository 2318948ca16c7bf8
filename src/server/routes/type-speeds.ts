import { typeSpeedsRequestSchema } from '../../api/type-speeds.ts';
import { OllamaError } from '../../base/errors.ts';
import { requireLocalClient } from '../request/loopback.ts';
import { bodyLimits, receiveRequest } from '../request/request-body.ts';
import type { Route, ServerParts } from '../server-parts.ts';

/** Keeps what `ollama bench --types` has measured. */
export function typeSpeedsRoute({ typeSpeeds }: Pick<ServerParts, 'typeSpeeds'>): Route {
  return {
    path: '/api/type-speeds',
    handlers: {
      POST: async (context) => {
        const { request, headers } = await receiveRequest(context, typeSpeedsRequestSchema, bodyLimits.names);
        requireLocalClient(context, 'measured speeds can be kept');
        const { model, types } = request;
        if (!model) throw new OllamaError('invalid-request', 'model is required');
        if (!types || types.length === 0)
          throw new OllamaError('invalid-request', 'types: give the speed of at least one type');
        await typeSpeeds.keep(
          model,
          types.map(({ type, ...speed }) => [type.toUpperCase(), speed]),
        );
        return new Response(null, { status: 200, headers });
      },
    },
  };
}
