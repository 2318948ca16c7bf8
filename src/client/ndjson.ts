import { OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';

/** Longer than any line that our server sends. */
const MAX_LINE_BYTES = 8 * MIB;

/**
 * Reads one JSON value per line.
 * @throws OllamaError for a line that is too long or is `{"error":…}`; SyntaxError for a line that is not JSON
 */
export async function* readNdjson(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const bytes of body) {
    const lines = (held + decoder.decode(bytes, { stream: true })).split('\n');
    held = lines.pop() ?? '';
    if (held.length > MAX_LINE_BYTES)
      throw new OllamaError('upstream', 'the server sent a line of more than 8 MB');
    for (const line of lines) if (line.trim() !== '') yield parseLine(line);
  }
  if (held.trim() !== '') yield parseLine(held);
}

function parseLine(line: string): unknown {
  const value: unknown = JSON.parse(line);
  if (value !== null && typeof value === 'object' && 'error' in value) {
    throw new OllamaError('upstream', String(value.error));
  }
  return value;
}
