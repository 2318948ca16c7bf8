import { NEWLINE } from '../prepared-line.ts';

const CARRIAGE_RETURN = 0x0d;

export interface InputLine {
  /** From 1. */
  readonly number: number;
  /** Without its end; undefined = it is longer than allowed. */
  readonly bytes: Buffer | undefined;
}

/**
 * Splits a stream of bytes into lines, and holds at most one of them.
 * @param maxBytes of a line; what a longer one has is not kept
 */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<InputLine> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const line = (): InputLine => {
    number += 1;
    const bytes = length > maxBytes ? undefined : withoutReturn(Buffer.concat(parts));
    parts = [];
    length = 0;
    return { number, bytes };
  };
  const hold = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length <= maxBytes) parts.push(bytes);
    else parts = [];
  };
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, end));
      yield line();
      from = end + 1;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
  }
  if (length > 0) yield line();
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
}
