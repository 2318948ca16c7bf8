import type { LogFields, Logger } from '../../base/logger.ts';
import { newReplyId } from '../reply/reply-ids.ts';
import type { RequestContext } from '../server-parts.ts';

/** What proxies and clients send as `X-Request-Id`: UUIDs, hexadecimal numbers, trace contexts, with some prefix. */
const acceptedId = /^[A-Za-z0-9_.:@/+=-]{1,128}$/;

/** Takes the ID that the client gave the request, or makes one. An ID that would not fit into a log is not taken. */
export function newRequestId(given: string | undefined): string {
  return given !== undefined && acceptedId.test(given) ? given : newReplyId('req_');
}

/** The ID by which the client, its proxies and the log name a request. */
export function requestId(context: RequestContext): string {
  // Absent only where a test calls a middleware without the one that sets it.
  return context.get('requestId') ?? '';
}

/** What log lines name a request by: its ID, and that of the trace to which it belongs. */
export function requestFields(context: RequestContext): LogFields {
  const traceId = context.get('trace')?.traceId;
  return { requestId: requestId(context), ...(traceId !== undefined && { traceId }) };
}

/** A logger whose lines name the request. */
export function requestLogger(context: RequestContext, logger: Logger): Logger {
  return logger.child(requestFields(context));
}
