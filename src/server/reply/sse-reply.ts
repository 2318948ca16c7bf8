import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { type PieceSource, pieceReply, settlesWithin } from './piece-reply.ts';

/** One event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export interface SseEvent {
  readonly event?: string;
  /** An object is sent as JSON, a string unchanged. */
  readonly data: object | string;
}

export interface SseReplyOptions {
  readonly abort: AbortController;
  readonly logger: Logger;
  /** Called when the first event has arrived, or when the reply begins without one. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** The last events of a stream that fails after its status was sent. */
  readonly errorEvents: (error: OllamaError) => readonly SseEvent[];
  /** Sent during silence, so that proxies do not close the connection. */
  readonly keepAlive: string;
}

/** Proxies close silent connections after 30 s or more. */
const KEEP_ALIVE_MS = 10_000;

/** An SSE comment, which clients ignore. */
export const KEEP_ALIVE_COMMENT = ': keep-alive\n\n';

type Next = IteratorResult<SseEvent, void>;

/**
 * Sends a stream of server-sent events. An error before the first event is thrown, so that it determines the status.
 * After `KEEP_ALIVE_MS` of silence the reply begins anyway.
 */
export async function sseReply(
  events: AsyncGenerator<SseEvent, void, undefined>,
  options: SseReplyOptions,
): Promise<Response> {
  const first = events.next();
  const isThere = await settlesWithin(first, KEEP_ALIVE_MS);
  const headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
    // "chunked" keeps the HTTP adapter from waiting for the end of a short reply.
    'Transfer-Encoding': 'chunked',
    'X-Accel-Buffering': 'no',
    ...options.headers(),
  };
  return pieceReply(eventPieces(events, first, isThere, options), { headers });
}

function eventPieces(
  events: AsyncGenerator<SseEvent, void, undefined>,
  first: Promise<Next>,
  isThere: boolean,
  { abort, logger, errorEvents, keepAlive }: SseReplyOptions,
): PieceSource {
  let early: Promise<Next> | undefined = first;
  let opening = isThere ? undefined : keepAlive;
  let isFailed = false;
  const encoded = (next: Next) => (next.done ? undefined : encode(next.value));
  const failed = (error: unknown) => {
    isFailed = true;
    if (abort.signal.aborted) return undefined;
    logger.error('request failed while streaming', { error: messageOf(error) });
    return errorEvents(knownError(error)).map(encode).join('');
  };
  return {
    next() {
      if (opening !== undefined) {
        const piece = Promise.resolve(opening);
        opening = undefined;
        return piece;
      }
      if (isFailed) return Promise.resolve(undefined);
      const next = early ?? events.next();
      early = undefined;
      return next.then(encoded, failed);
    },
    async cancel() {
      abort.abort();
      early?.catch(() => undefined);
      await events.return();
    },
    keepAlive: { piece: keepAlive, milliseconds: KEEP_ALIVE_MS },
  };
}

function knownError(error: unknown): OllamaError {
  if (error instanceof OllamaError) return error;
  return new OllamaError('internal', 'internal error, see the server log');
}

function encode({ event, data }: SseEvent): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`;
}
