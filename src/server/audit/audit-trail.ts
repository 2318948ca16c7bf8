import type { MiddlewareHandler } from 'hono';
import { refusalStatuses } from '../../usage/usage.ts';
import { changedPieces } from '../reply/piece-reply.ts';
import { credentialsOf } from '../request/credentials.ts';
import { requestId } from '../request/request-id.ts';
import type { RequestContext, ServerEnvironment } from '../server-parts.ts';
import { type AuditedOperation, auditedOperation } from './audit-actions.ts';
import type { AuditEntry, AuditResult, AuditSink } from './audit-log.ts';
import type { AuditNote } from './audit-note.ts';
import { auditText } from './audit-text.ts';

const FAILED = 400;
/** How the last line of a stream begins if the work failed. */
const ERROR_LINE = '{"error":';

/** Writes a line for each request that changes something, and for each refused one. */
export function auditTrail(audit: AuditSink | undefined): MiddlewareHandler<ServerEnvironment> {
  if (!audit) return (_context, next) => next();
  return async (context, next) => {
    const note: AuditNote = { subject: {}, hasFailed: false };
    context.set('audit', note);
    // Read now, because a broken connection no longer has a socket.
    const address = context.env?.incoming?.socket.remoteAddress;
    const outgoing = context.env?.outgoing;
    const { method, path } = context.req;
    const operation = auditedOperation(method, path);
    const request: AuditedRequest = { context, note, operation, address };
    const write = (status: number, result: AuditResult) => {
      const isRefused = result === 'refused';
      if (isRefused || note.action !== undefined || operation?.action !== undefined) {
        audit.write(entryOf(request, status, result));
      }
    };
    /** The status of the reply, whether or not the client waited for it. */
    let decided: number | undefined;
    outgoing?.once('close', () => {
      const { statusCode, writableFinished } = outgoing;
      const status = decided ?? statusCode;
      // Whoever leaves before the refusal arrives was refused all the same.
      const isSettled = writableFinished || refusalStatuses.has(status);
      write(status, isSettled ? resultOf(status, note) : 'canceled');
    });
    await next();
    const { status } = context.res;
    decided = status;
    if (operation?.action !== undefined && isStream(context.res)) {
      write(status, 'begun');
      watchForErrors(context, note);
    }
    if (!outgoing) write(status, resultOf(status, note));
  };
}

interface AuditedRequest {
  readonly context: RequestContext;
  readonly note: AuditNote;
  readonly operation: AuditedOperation | undefined;
  readonly address: string | undefined;
}

function entryOf(
  { context, note, operation, address }: AuditedRequest,
  status: number,
  result: AuditResult,
): AuditEntry {
  const secrets = credentialsOf(context);
  const shown = (text: string) => auditText(text, secrets);
  const key = context.get('key');
  const subject = { ...operation?.parameters, ...note.subject };
  return {
    action: note.action ?? operation?.action ?? 'request',
    result,
    status,
    requestId: shown(requestId(context)),
    ...(key && { key: key.id }),
    ...(address !== undefined && { address }),
    method: shown(context.req.method),
    path: operation?.path ?? shown(context.req.path),
    ...Object.fromEntries(Object.entries(subject).map(([name, text]) => [name, shown(text)])),
  };
}

function resultOf(status: number, note: AuditNote): AuditResult {
  if (refusalStatuses.has(status)) return 'refused';
  return status >= FAILED || note.hasFailed ? 'failed' : 'ok';
}

function isStream(reply: Response): boolean {
  return reply.headers.get('Content-Type') === 'application/x-ndjson';
}

function watchForErrors(context: RequestContext, note: AuditNote): void {
  const watched = changedPieces(context.res, (piece) => {
    note.hasFailed ||= piece.startsWith(ERROR_LINE);
    return piece;
  });
  if (watched) context.res = watched;
}
