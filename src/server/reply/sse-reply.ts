import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';

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
  const isThere = await arrives(first);
  const headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
    // "chunked" keeps the HTTP adapter from waiting for the end of a short reply.
    'Transfer-Encoding': 'chunked',
    'X-Accel-Buffering': 'no',
    ...options.headers(),
  };
  return new Response(eventStream(events, first, isThere, options), { headers });
}

/** Returns whether the next event arrives within `KEEP_ALIVE_MS`. Rethrows its error. */
async function arrives(next: Promise<Next>): Promise<boolean> {
  const { promise: late, cancel } = silence();
  try {
    return await Promise.race([next.then(() => true), late]);
  } finally {
    cancel();
  }
}

function silence(): { promise: Promise<false>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), KEEP_ALIVE_MS);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

function eventStream(
  events: AsyncGenerator<SseEvent, void, undefined>,
  first: Promise<Next>,
  isThere: boolean,
  { abort, logger, errorEvents, keepAlive }: SseReplyOptions,
): ReadableStream<Uint8Array> {
  let pending: Promise<Next> | undefined = first;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (!isThere) controller.enqueue(Buffer.from(keepAlive));
    },
    async pull(controller) {
      try {
        pending ??= events.next();
        if (!(await arrives(pending))) {
          controller.enqueue(Buffer.from(keepAlive));
          return;
        }
        const next = await pending;
        pending = undefined;
        if (!next.done) {
          controller.enqueue(encode(next.value));
          return;
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        logger.error('request failed while streaming', { error: messageOf(error) });
        for (const event of errorEvents(knownError(error))) controller.enqueue(encode(event));
      }
      controller.close();
    },
    async cancel() {
      abort.abort();
      pending?.catch(() => undefined);
      await events.return();
    },
  });
}

function knownError(error: unknown): OllamaError {
  if (error instanceof OllamaError) return error;
  return new OllamaError('internal', 'internal error, see the server log');
}

function encode({ event, data }: SseEvent): Uint8Array {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return Buffer.from(`${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`);
}
