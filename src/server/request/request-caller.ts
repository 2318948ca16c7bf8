import { createHash } from 'node:crypto';
import { parsePriority, priorityRange } from '../../api/priority.ts';
import { OllamaError } from '../../base/errors.ts';
import type { Caller } from '../../inference/caller.ts';
import type { RunOrigin } from '../../runs/run-origin.ts';
import { clientAddress } from '../listening/arrivals.ts';
import type { RequestContext } from '../server-parts.ts';
import { requestId } from './request-id.ts';
import { requestAbort } from './request-signal.ts';

/** What only the route knows of a run. */
type RunAbout = Pick<RunOrigin, 'isStream' | 'responseId' | 'conversationId'>;

/**
 * Identifies the caller of a request by its API key, or else by address and, for clients behind a proxy, by credentials.
 * A key bounds the priority.
 * @throws OllamaError `invalid-request` for an invalid `X-Priority`
 */
export function requestCaller(
  context: RequestContext,
  abort = requestAbort(context),
  about: RunAbout = {},
): Caller {
  const key = context.get('key');
  const { inner } = context.env ?? {};
  const requested = { signal: abort.signal, requestId: requestId(context), origin: originOf(context, about) };
  if (inner) {
    const { client, priority, isOfLargeBatch } = inner;
    const own = key && { key, requireKey: context.get('requireKey') };
    return { ...requested, client, priority, isForBatch: isOfLargeBatch, ...own };
  }
  const asked = priorityOf(context.req.header('X-Priority'));
  if (key) {
    const priority = Math.min(asked, key.maxPriority);
    return { ...requested, client: key.id, priority, key, requireKey: context.get('requireKey') };
  }
  const socket = context.env?.incoming?.socket;
  const address = (socket && clientAddress(socket)) ?? '';
  const credentials = context.req.header('Authorization') ?? context.req.header('X-Api-Key');
  const client = credentials === undefined ? address : `${address} ${fingerprint(credentials)}`;
  return { ...requested, client, priority: asked };
}

function originOf(context: RequestContext, about: RunAbout): RunOrigin {
  const trace = context.get('trace');
  if (!trace) return about;
  const { localAddress: address, localPort: port } = context.env?.incoming?.socket ?? {};
  const server = address === undefined || port === undefined ? undefined : { address, port };
  return { ...about, trace, ...(server && { server }) };
}

/** Hashes credentials, so that keys are not kept longer than their request. */
function fingerprint(credentials: string): string {
  return createHash('sha256').update(credentials).digest('base64');
}

function priorityOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const value = parsePriority(text);
  if (value !== undefined) return value;
  throw new OllamaError('invalid-request', `invalid header X-Priority: must be ${priorityRange}`);
}
