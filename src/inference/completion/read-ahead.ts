/**
 * Reads the events of a completion as they come, however slowly the client reads its reply. So a client that reads
 * nothing keeps neither a slot nor the model from others.
 */
import { AsyncQueue } from '../../base/async-queue.ts';
import { OllamaError } from '../../base/errors.ts';
import type { CompletionEvent } from '../../protocol/completion.ts';
import { mergedTexts } from '../../protocol/merged-texts.ts';

/** Far more than the text of any context. A client that leaves this much unread has stopped reading. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
/** Memory of one log probability with its token and bytes, roughly. */
const LOGPROB_BYTES = 200;

export type DoneEvent = Extract<CompletionEvent, { type: 'done' }>;

interface ReadAheadParts {
  /** Starts the completion. */
  readonly complete: (signal: AbortSignal) => AsyncIterable<CompletionEvent>;
  /** The client's signal. */
  readonly signal: AbortSignal;
  /** Called with each event as it comes: before it can be read, and although nobody may read it. */
  readonly onEvent?: (event: CompletionEvent) => void;
  /**
   * Called when the completion has ended, whether or not its events have been read.
   * @param done its last event; absent = it was not completed
   */
  readonly onEnd: (done?: DoneEvent) => void;
}

/** @throws OllamaError like the completion; `canceled` when more than `MAX_UNREAD_BYTES` are unread */
export function readAhead({
  complete,
  signal,
  onEvent,
  onEnd,
}: ReadAheadParts): AsyncIterableIterator<CompletionEvent, undefined> {
  const reader = new AbortController();
  const onFull = () => {
    queue.fail(new OllamaError('canceled', 'the reply was not read, so its completion was ended'));
    reader.abort();
  };
  const queue = new AsyncQueue(mergedTexts, { weigh: bytesOf, max: MAX_UNREAD_BYTES, onFull });
  let isOver = false;
  const pump = async () => {
    let done: DoneEvent | undefined;
    try {
      for await (const event of complete(AbortSignal.any([signal, reader.signal]))) {
        if (event.type === 'done') done = event;
        onEvent?.(event);
        queue.push(event);
      }
      queue.end();
    } catch (error) {
      queue.fail(error);
    } finally {
      isOver = true;
      onEnd(done);
    }
  };
  const pumped = pump();
  const unread = queue[Symbol.asyncIterator]();
  const events: AsyncIterableIterator<CompletionEvent, undefined> = {
    next: () => unread.next(),
    return: async () => {
      // An abort creates an error, which is not needed after a completion that has ended.
      if (!isOver) reader.abort();
      await pumped;
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}

function bytesOf(event: CompletionEvent): number {
  if (event.type !== 'text' && event.type !== 'prompt') return 0;
  const logprobs = event.logprobs?.reduce((sum, { topLogprobs }) => sum + 1 + topLogprobs.length, 0) ?? 0;
  const characters = event.type === 'text' ? event.text.length : 0;
  return characters + logprobs * LOGPROB_BYTES;
}
