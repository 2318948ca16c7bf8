/** Streams of the server: lines of JSON, and server-sent events. */
import { ApiError, type RequestOptions, send } from './http.ts';

/** Far above what the server sends in one line. */
const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

interface StreamOptions extends RequestOptions {
  /** Called once, when the reply begins. */
  readonly onHeaders?: (headers: Headers) => void;
}

/**
 * Yields the lines of a reply as they arrive.
 * @throws ApiError also when the stream breaks off
 */
async function* linesOf(path: string, { onHeaders, ...options }: StreamOptions): AsyncGenerator<string> {
  const response = await send(path, options);
  onHeaders?.(response.headers);
  if (!response.body) return;
  // Not a TextDecoderStream, which costs more for each token than all the rest of its way to the chat.
  const reader = response.body.getReader();
  const lines = new LineSplitter();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield* lines.take(value);
    }
    yield* lines.rest();
  } catch (error) {
    throw brokenStream(error);
  } finally {
    // Also when the caller stops in the middle: the server then ends the run.
    reader.cancel().catch(() => undefined);
  }
}

/** Lines of a text that arrives in pieces. */
class LineSplitter {
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not arrived. */
  #held = '';

  /** @throws ApiError for a line that is too long */
  take(bytes: Uint8Array): string[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (this.#held.length + text.length > MAX_LINE_CHARACTERS)
      throw new ApiError('the server sent a line that is too long', 0);
    // The held part has no end of a line, so it is not searched again.
    const [first = '', ...others] = text.split('\n');
    const line = this.#held + first;
    this.#held = others.pop() ?? '';
    if (text.includes('\n')) return [line, ...others];
    this.#held = line;
    return [];
  }

  rest(): string[] {
    const rest = this.#held + this.#decoder.decode();
    return rest === '' ? [] : [rest];
  }
}

/** What a read that failed means to the caller. */
function brokenStream(error: unknown): unknown {
  if (error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError'))
    return error;
  return new ApiError(error instanceof Error ? error.message : String(error), 0);
}

/**
 * Yields the JSON values of an NDJSON reply.
 * @throws ApiError also for a line `{"error": …}`
 */
export async function* streamJson<Value extends object>(
  path: string,
  options: StreamOptions,
): AsyncGenerator<Value> {
  for await (const line of linesOf(path, options)) {
    if (line.trim() === '') continue;
    const value = JSON.parse(line) as Value;
    if ('error' in value && typeof value.error === 'string') throw new ApiError(value.error, 500);
    yield value;
  }
}

export interface ServerEvent {
  /** `message` unless the server names it. */
  readonly event: string;
  readonly data: string;
}

/** Yields server-sent events. @throws ApiError */
export async function* streamEvents(path: string, options: StreamOptions = {}): AsyncGenerator<ServerEvent> {
  let event = 'message';
  let data: string[] = [];
  for await (const raw of linesOf(path, options)) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') };
      event = 'message';
      data = [];
    } else if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
    else if (line.startsWith('event:')) event = line.slice(6).trim();
  }
}
