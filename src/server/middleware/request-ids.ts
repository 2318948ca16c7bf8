import type { MiddlewareHandler } from 'hono';
import { requestIdHeaders } from '../reply/dialect.ts';
import { newRequestId } from '../request/request-id.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/** Where clients and the routers between say what they call a request; the first that has an ID counts. */
const idHeaders = ['X-Request-Id', 'X-Correlation-Id', 'X-Trace-Id', 'Request-Id'] as const;

/** Gives each request an ID, the client's if it sent one, and returns it in the headers of the reply. */
export function requestIds(): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const given = idHeaders.map((name) => context.req.header(name));
    const id = newRequestId(given.find((value) => value !== undefined));
    context.set('requestId', id);
    await next();
    for (const name of requestIdHeaders(context.req.path)) context.res.headers.set(name, id);
  };
}
