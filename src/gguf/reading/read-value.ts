import type { ByteCursor } from '../byte-cursor.ts';
import { invalidGguf, quote } from '../errors.ts';
import { limits, smallest } from '../limits.ts';
import type { GgufArray, GgufScalar, GgufScalarType, GgufValue } from '../types.ts';
import { type FixedSizeType, fixedSizeTypes, valueTypes } from '../value-types.ts';
import { readText, walkTexts } from './read-text.ts';

/** Elements decoded between two waits for bytes. */
const SLICE_ELEMENTS = 4096;

export type ArrayMode = 'skip' | 'keep';

/**
 * Reads the type and value of a metadata entry.
 * @throws OllamaError `invalid-request`
 */
export async function readValue(cursor: ByteCursor, key: string, arrays: ArrayMode): Promise<GgufValue> {
  await cursor.ensure(4);
  const type = typeOf(cursor.u32(), key);
  if (type === 'array') return { type, value: await readArray(cursor, key, arrays) };
  if (type === 'string')
    return { type, value: await readText(cursor, limits.stringBytes, `the value of ${quote(key)}`) };
  // The table gives each type its own kind of value, which the compiler cannot follow.
  return { type, value: await readFixed(cursor, type) } as GgufValue;
}

async function readArray(cursor: ByteCursor, key: string, arrays: ArrayMode): Promise<GgufArray> {
  await cursor.ensure(12);
  const elementType = typeOf(cursor.u32(), key);
  if (elementType === 'array')
    throw invalidGguf(`${quote(key)} is an array of arrays, which is not supported`);
  const count = cursor.u64();
  if (count > limits.arrayElements) {
    throw invalidGguf(
      `${quote(key)} has ${count} elements, more than the maximum of ${limits.arrayElements}`,
    );
  }
  const elementBytes = elementType === 'string' ? smallest.stringBytes : fixedSizeTypes[elementType].bytes;
  if (count * elementBytes > cursor.remaining) {
    throw invalidGguf(`${quote(key)} has ${count} elements, more than the rest of the file can hold`);
  }
  if (arrays === 'keep' || count <= limits.smallArrayElements) {
    return { elementType, count, values: await readElements(cursor, elementType, count, key) };
  }
  if (elementType === 'string') await walkTexts(cursor, count, `an element of ${quote(key)}`);
  else cursor.skip(count * elementBytes);
  return { elementType, count };
}

async function readElements(
  cursor: ByteCursor,
  type: GgufScalarType,
  count: number,
  key: string,
): Promise<GgufScalar[]> {
  const values: GgufScalar[] = [];
  if (type === 'string') {
    const what = `an element of ${quote(key)}`;
    await walkTexts(cursor, count, what, { wants: () => true, report: (_, text) => values.push(text) });
    return values;
  }
  const { bytes, read } = fixedSizeTypes[type];
  while (values.length < count) {
    const slice = Math.min(SLICE_ELEMENTS, count - values.length);
    await cursor.ensure(slice * bytes);
    for (let index = 0; index < slice; index++) values.push(cursor.take(bytes, read));
  }
  return values;
}

async function readFixed(cursor: ByteCursor, type: FixedSizeType): Promise<GgufScalar> {
  const { bytes, read } = fixedSizeTypes[type];
  await cursor.ensure(bytes);
  return cursor.take(bytes, read);
}

function typeOf(number: number, key: string): (typeof valueTypes)[number] {
  const type = valueTypes[number];
  if (type === undefined) throw invalidGguf(`${quote(key)} has the unknown value type ${number}`);
  return type;
}
