import type { KeyAccess } from '../../access/key-access.ts';
import { OllamaError } from '../../base/errors.ts';
import type { UsageQuery } from '../../usage/usage-query.ts';
import { requireScope } from '../middleware/key-check.ts';
import { listReply } from '../reply/list-reply.ts';
import type { RequestContext, Route, ServerParts } from '../server-parts.ts';

export function usageRoute({ usage, keys }: Pick<ServerParts, 'usage' | 'keys'>): Route {
  return {
    path: '/api/usage',
    handlers: {
      GET: async (context) => {
        if (!usage.isKept) {
          throw new OllamaError('not-found', 'usage is not kept: start the server without OLLAMA_USAGE=off');
        }
        const query = usage.parseQuery(context.req.query());
        return listReply(await usage.report(visible(query, { context, keys })), {});
      },
    },
  };
}

interface Asking {
  readonly context: RequestContext;
  readonly keys: Pick<KeyAccess, 'isNeeded' | 'hasKeys'>;
}

/** Limits a query to the caller's own key, unless the caller may see all. @throws OllamaError `forbidden` */
function visible(query: UsageQuery, { context, keys }: Asking): UsageQuery {
  const key = context.get('key');
  // Where keys exist but are not needed, nobody may see more by leaving the key out.
  if (!key && keys.hasKeys) requireScope(context, keys, 'admin');
  if (!key || key.scopes.has('admin')) return query;
  if (query.key !== undefined && query.key !== key.id) {
    throw new OllamaError('forbidden', 'the usage of other keys needs an API key with the scope "admin"');
  }
  return { ...query, key: key.id };
}
