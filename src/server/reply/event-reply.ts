import type { ErrorResponse } from '../../api/common.ts';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { jsonReply } from './http-reply.ts';
import { type PieceSource, pieceReply } from './piece-reply.ts';

export interface EventReplyOptions<Event> {
  /** True sends one JSON value per event; false sends one for all events. */
  readonly stream: boolean;
  /** Joins the events when the reply is not streamed. */
  readonly collect: (events: Event[]) => Event;
  /** Returns true when the first event is the whole reply, which is then never streamed. */
  readonly isWhole?: (event: Event) => boolean;
  /** Called after the first event. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Aborts the run when the client disconnects. */
  readonly abort: AbortController;
  readonly logger: Logger;
}

/**
 * Converts events to an HTTP reply. It waits for the first event, so that an error there determines the status. A later
 * error becomes the last line of the stream.
 * @throws the error of the first event, or of any event when not streaming
 */
export async function eventReply<Event>(
  events: AsyncIterable<Event>,
  options: EventReplyOptions<Event>,
): Promise<Response> {
  const iterator = events[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) throw new OllamaError('internal', 'the request produced no result');
  if (options.isWhole?.(first.value)) {
    await iterator.return?.();
    return jsonReply(first.value, options.headers());
  }
  if (!options.stream) {
    const all = [first.value];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) all.push(next.value);
    return jsonReply(options.collect(all), options.headers());
  }
  // "chunked" keeps the HTTP adapter from waiting for the end of a short reply.
  const headers = {
    'Content-Type': 'application/x-ndjson',
    'Transfer-Encoding': 'chunked',
    ...options.headers(),
  };
  return pieceReply(linePieces(first.value, iterator, options), { headers });
}

function linePieces<Event>(
  first: Event,
  iterator: AsyncIterator<Event>,
  { abort, logger }: EventReplyOptions<Event>,
): PieceSource {
  let opening: Promise<string> | undefined = Promise.resolve(encodeLine(first));
  let isFailed = false;
  const encoded = (next: IteratorResult<Event>) => (next.done ? undefined : encodeLine(next.value));
  const failed = (error: unknown) => {
    isFailed = true;
    if (abort.signal.aborted) return undefined;
    logger.error('request failed while streaming', { error: messageOf(error) });
    return encodeLine(streamError(error));
  };
  return {
    next() {
      const piece = opening;
      opening = undefined;
      if (piece !== undefined) return piece;
      return isFailed ? Promise.resolve(undefined) : iterator.next().then(encoded, failed);
    },
    async cancel() {
      abort.abort();
      await iterator.return?.();
    },
  };
}

function streamError(error: unknown): ErrorResponse {
  return { error: error instanceof OllamaError ? error.message : 'internal error, see the server log' };
}

/** Line breaks for some readers of lines, though not in JSON: the ollama package of PyPI splits a stream at them. */
const foreignLineBreaks = /[\u0085\u2028\u2029]/g;

function encodeLine(value: unknown): string {
  return `${JSON.stringify(value).replace(foreignLineBreaks, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
