/** Reads the events of a reply from its lines: server-sent events, or one JSON document per line. */
import { OllamaError } from '../../base/errors.ts';
import { ByteCollector } from './byte-collector.ts';
import { LineSplitter, MAX_LINE_BYTES } from './line-splitter.ts';

export interface ReplyEvent {
  readonly name: string;
  readonly data: Uint8Array;
}

export type Framing = 'sse' | 'lines';

interface EventReader {
  push(chunk: Uint8Array): ReplyEvent[];
  end(): ReplyEvent[];
}

export function eventReader(framing: Framing): EventReader {
  return framing === 'sse' ? new SseReader() : new JsonLines();
}

const nothing = new Uint8Array(0);

class JsonLines implements EventReader {
  readonly #lines = new LineSplitter();

  push(chunk: Uint8Array): ReplyEvent[] {
    return eventsOf(this.#lines.push(chunk));
  }

  end(): ReplyEvent[] {
    return eventsOf(this.#lines.end());
  }
}

function eventsOf(lines: readonly Uint8Array[]): ReplyEvent[] {
  return lines.filter((line) => line.length > 0).map((data) => ({ name: '', data }));
}

/** Bytes that a line counts beyond its data, for the work: an event has one line, or a few thousand of indented JSON. */
const LINE_COST = 64;
const COLON = 0x3a;
const SPACE = 0x20;
const lineFeed = Uint8Array.of(0x0a);

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, without `id` and `retry`, which nobody needs here. */
class SseReader implements EventReader {
  readonly #lines = new LineSplitter();
  #name = '';
  readonly #data = new ByteCollector();
  #cost = 0;
  /** Each of its lines has left a line feed behind it in the data. */
  #hasData = false;

  push(chunk: Uint8Array): ReplyEvent[] {
    return this.#lines.push(chunk).flatMap((line) => this.#line(line));
  }

  /** An event without the empty line that ends it is not complete. */
  end(): ReplyEvent[] {
    return [];
  }

  #line(line: Uint8Array): ReplyEvent[] {
    if (line.length === 0) return this.#dispatch();
    const colon = line.indexOf(COLON);
    const field = Buffer.from(line.subarray(0, colon < 0 ? line.length : colon)).toString('latin1');
    const start = line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    const value = colon < 0 ? nothing : line.subarray(start);
    if (field === 'event') this.#name = Buffer.from(value).toString('utf8');
    if (field === 'data') this.#add(value);
    return [];
  }

  #add(value: Uint8Array): void {
    this.#cost += value.length + LINE_COST;
    if (this.#cost > MAX_LINE_BYTES) {
      throw new OllamaError(
        'upstream',
        `it sent an event of more than ${MAX_LINE_BYTES} bytes, or of too many lines`,
        {
          status: 502,
        },
      );
    }
    this.#data.push(value);
    this.#data.push(lineFeed);
    this.#hasData = true;
  }

  #dispatch(): ReplyEvent[] {
    const event = this.#hasData && { name: this.#name, data: this.#data.take().subarray(0, -1) };
    this.#name = '';
    this.#cost = 0;
    this.#hasData = false;
    return event ? [event] : [];
  }
}
