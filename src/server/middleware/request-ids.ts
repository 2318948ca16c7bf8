import type { MiddlewareHandler } from 'hono';
import { requestIdHeaders } from '../reply/dialect.ts';
import { newRequestId } from '../request/request-id.ts';
import type { ServerEnvironment } from '../server-parts.ts';

/** Gives each request an ID, the client's if it sent one in `X-Request-Id`, and returns it in the headers of the reply. */
export function requestIds(): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const id = newRequestId(context.req.header('X-Request-Id'));
    context.set('requestId', id);
    await next();
    for (const name of requestIdHeaders(context.req.path)) context.res.headers.set(name, id);
  };
}
