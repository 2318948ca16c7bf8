import { randomBytes } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { parseTraceContext } from '../../runs/trace-context.ts';
import type { Traces } from '../../traces/traces.ts';
import type { ServerEnvironment } from '../server-parts.ts';

const TRACE_ID_BYTES = 16;

/**
 * Notes to which trace a request belongs: the one that its headers name, or a new one if runs are traced. Only requests
 * that may be runs begin one.
 */
export function requestTraces({
  isTracing = false,
  isContinued = true,
}: Partial<Pick<Traces, 'isTracing' | 'isContinued'>> = {}): MiddlewareHandler<ServerEnvironment> {
  return async (context, next) => {
    const { req } = context;
    const brought = isContinued
      ? parseTraceContext(req.header('traceparent'), req.header('tracestate'))
      : undefined;
    const begun = isTracing && req.method === 'POST' ? { traceId: newTraceId() } : undefined;
    const trace = brought ?? begun;
    if (trace) context.set('trace', trace);
    await next();
  };
}

function newTraceId(): string {
  return randomBytes(TRACE_ID_BYTES).toString('hex');
}
