import type { ErrorResponse } from '../../api/common.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { jsonReply } from './http-reply.ts';

export interface EventReplyOptions<Event> {
  /** One JSON value per event, else one for all. */
  readonly stream: boolean;
  /** Joins the events of a reply that is not streamed. */
  readonly collect: (events: Event[]) => Event;
  /** True for a first event that is the whole reply, which is never streamed. */
  readonly isWhole?: (event: Event) => boolean;
  /** Read after the first event. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Ends the run when the client goes. */
  readonly abort: AbortController;
  readonly logger: Logger;
}

/**
 * Events to an HTTP reply. Waits for the first one, so that its error decides the status; a later error becomes the
 * stream's last line.
 * @throws what the first event throws, and any event when not streaming
 */
export async function eventReply<Event>(
  events: AsyncIterable<Event>,
  options: EventReplyOptions<Event>,
): Promise<Response> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) throw new OllamaError('internal', 'the request gave no result');
  if (options.isWhole?.(first.value)) {
    await iterator.return?.();
    return jsonReply(first.value, options.headers());
  }
  if (!options.stream) {
    const all = [first.value];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) all.push(next.value);
    return jsonReply(options.collect(all), options.headers());
  }
  // "chunked" tells the HTTP adapter not to wait for a short reply's end.
  const headers = {
    'Content-Type': 'application/x-ndjson',
    'Transfer-Encoding': 'chunked',
    ...options.headers(),
  };
  return new Response(lineStream(first.value, iterator, options), { headers });
}

function lineStream<Event>(
  first: Event,
  iterator: AsyncIterator<Event>,
  { abort, logger }: EventReplyOptions<Event>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encodeLine(first));
    },
    async pull(controller) {
      try {
        const next = await iterator.next();
        if (!next.done) {
          controller.enqueue(encodeLine(next.value));
          return;
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        logger.error('request failed while streaming', { error: messageOf(error) });
        controller.enqueue(encodeLine(streamError(error)));
      }
      controller.close();
    },
    async cancel() {
      abort.abort();
      await iterator.return?.();
    },
  });
}

function streamError(error: unknown): ErrorResponse {
  return { error: error instanceof OllamaError ? error.message : 'internal error, see the server log' };
}

function encodeLine(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
