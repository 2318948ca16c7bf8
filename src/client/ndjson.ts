import { OllamaError } from '../base/errors.ts';
import { GrowingBytes } from '../base/growing-bytes.ts';
import { MIB } from '../base/units.ts';

/** Longer than any line that our server sends. */
const MAX_LINE_BYTES = 8 * MIB;
const NEWLINE = 0x0a;

/**
 * Reads one JSON value per line, in time proportional to the bytes, whatever the pieces are in which they arrive.
 * @throws OllamaError for a line that is too long or is `{"error":…}`; SyntaxError for a line that is not JSON
 */
export async function* readNdjson(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  const held = new GrowingBytes();
  const takeLine = () => {
    const line = decoder.decode(held.written);
    held.clear();
    return line;
  };
  for await (const bytes of body) {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      hold(held, bytes.subarray(start, end));
      start = end + 1;
      const line = takeLine();
      if (line.trim() !== '') yield parseLine(line);
    }
    hold(held, bytes.subarray(start));
  }
  const last = takeLine();
  if (last.trim() !== '') yield parseLine(last);
}

function hold(held: GrowingBytes, bytes: Uint8Array): void {
  if (held.length + bytes.length > MAX_LINE_BYTES) {
    throw new OllamaError('upstream', 'the server sent a line of more than 8 MB');
  }
  held.add(bytes);
}

function parseLine(line: string): unknown {
  const value: unknown = JSON.parse(line);
  if (value !== null && typeof value === 'object' && 'error' in value) {
    throw new OllamaError('upstream', String(value.error));
  }
  return value;
}
