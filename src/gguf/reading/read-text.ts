import type { ByteCursor } from '../byte-cursor.ts';
import { invalidGguf } from '../errors.ts';
import { limits } from '../limits.ts';

/** Each text follows its length, a u64. */
const LENGTH_BYTES = 8;

/**
 * Reads a length and that many bytes of text.
 * @throws OllamaError `invalid-request` when the text exceeds the limit or the file
 */
export async function readText(cursor: ByteCursor, limit: number, what: string): Promise<string> {
  await cursor.ensure(LENGTH_BYTES);
  const length = checkedLength(cursor.u64(), limit, cursor.remaining, what);
  await cursor.ensure(length);
  return cursor.text(length);
}

/** Selects the texts of an array to read, and receives them. */
interface TextVisitor {
  /**
   * @param length bytes
   * @param firstByte given where it is already known
   */
  readonly wants: (index: number, length: number, firstByte?: number) => boolean;
  readonly report: (index: number, text: string) => void;
}

const wantsNone: TextVisitor = { wants: () => false, report: () => undefined };

/** Walks over the texts of an array, waiting only where the buffer ends. */
export async function walkTexts(
  cursor: ByteCursor,
  count: number,
  what: string,
  visitor = wantsNone,
): Promise<void> {
  let index = 0;
  for (;;) {
    index = walkBuffered(cursor, index, count, what, visitor);
    if (index >= count) return;
    await cursor.ensure(LENGTH_BYTES);
    const length = checkedLength(cursor.peekU64(), limits.stringBytes, cursor.remaining - LENGTH_BYTES, what);
    if (visitor.wants(index, length)) {
      await cursor.ensure(LENGTH_BYTES + length);
    } else {
      cursor.skip(LENGTH_BYTES + length);
      index++;
    }
  }
}

/**
 * Walks over the texts that are completely buffered and returns the next index. This is a separate function without
 * `await` because only such a loop is compiled to fast code, and vocabularies have hundreds of thousands of texts.
 */
function walkBuffered(
  cursor: ByteCursor,
  from: number,
  count: number,
  what: string,
  { wants, report }: TextVisitor,
): number {
  for (let index = from; index < count; index++) {
    if (cursor.buffered < LENGTH_BYTES) return index;
    const length = checkedLength(cursor.peekU64(), limits.stringBytes, cursor.remaining - LENGTH_BYTES, what);
    if (LENGTH_BYTES + length > cursor.buffered) return index;
    cursor.skip(LENGTH_BYTES);
    if (wants(index, length, cursor.peekByte())) report(index, cursor.text(length));
    else cursor.skip(length);
  }
  return count;
}

function checkedLength(length: number, limit: number, remaining: number, what: string): number {
  if (length > limit) throw invalidGguf(`${what} is ${length} bytes long, more than the maximum of ${limit}`);
  if (length > remaining)
    throw invalidGguf(`${what} is ${length} bytes long and extends beyond the end of the file`);
  return length;
}
