import { OllamaError } from '../../base/errors.ts';
import { type AnswerPart, MAX_ANSWER_CHARACTERS, type ReplyReader } from '../dialects/dialect.ts';
import { brokenOff } from '../dialects/reported-error.ts';
import type { UpstreamReply } from '../transport/connection.ts';
import { eventReader, type Framing, type ReplyEvent } from '../transport/reply-events.ts';
import type { SilenceTimer } from './silence-timer.ts';

/** Bytes behind the end of an answer that are read, so that its connection can serve again. */
const MAX_REST_BYTES = 64 * 1024;

interface Reading {
  readonly framing: Framing;
  readonly reader: ReplyReader;
  readonly timer: SilenceTimer;
}

/**
 * Yields the pieces of an answer as they come; the last one is its end.
 * @throws OllamaError `upstream`; the errors of the connection
 */
export async function* answerParts(
  { body }: Pick<UpstreamReply, 'body'>,
  reading: Reading,
): AsyncGenerator<AnswerPart, void, undefined> {
  const pieces = new Pieces(reading);
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      yield* pieces.of(next.value);
      if (pieces.hasEnded) return;
    }
    yield* pieces.rest();
  } catch (error) {
    // A connection that ends without the length or the last chunk that it promised is an error too.
    throw isPrematureClose(error) ? brokenOff() : error;
  } finally {
    reading.timer.stop();
    if (pieces.hasEnded) void readRest(chunks, body);
    else body.destroy();
  }
}

/** From bytes to pieces. */
class Pieces {
  readonly #reading: Reading;
  readonly #events: ReturnType<typeof eventReader>;
  #characters = 0;
  hasEnded = false;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#events = eventReader(reading.framing);
  }

  *of(chunk: Uint8Array): Generator<AnswerPart> {
    const { timer } = this.#reading;
    timer.heard();
    yield* this.#read(this.#events.push(chunk));
  }

  *rest(): Generator<AnswerPart> {
    yield* this.#read(this.#events.end());
    for (const part of this.#reading.reader.end()) yield this.#counted(part);
  }

  *#read(events: readonly ReplyEvent[]): Generator<AnswerPart> {
    const { reader, timer } = this.#reading;
    for (const event of events) {
      const before = reader.collected;
      const parts = reader.read(event);
      if (parts.length > 0 || reader.collected > before) timer.begun();
      for (const part of parts) yield this.#counted(part);
    }
  }

  #counted(part: AnswerPart): AnswerPart {
    if (part.type === 'end') this.hasEnded = true;
    else this.#characters += part.content.length + part.thinking.length;
    if (this.#characters > MAX_ANSWER_CHARACTERS) throw tooLong();
    return part;
  }
}

function tooLong(): OllamaError {
  return new OllamaError('upstream', `it sent an answer of more than ${MAX_ANSWER_CHARACTERS} characters`, {
    status: 502,
  });
}

function isPrematureClose(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_BODY_TIMEOUT'].includes(
    String(error.code),
  );
}

async function readRest(chunks: AsyncIterator<Uint8Array>, body: UpstreamReply['body']): Promise<void> {
  const giveUp = setTimeout(() => body.destroy(), 1000);
  giveUp.unref();
  let bytes = 0;
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      bytes += next.value.length;
      if (bytes > MAX_REST_BYTES) break;
    }
  } catch {
    // Nobody needs the rest.
  } finally {
    clearTimeout(giveUp);
    body.destroy();
  }
}
