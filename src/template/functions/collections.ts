import type { WorkMeter } from '../../base/work-meter.ts';
import {
  capacityOf,
  contentOf,
  elementAt,
  isList,
  isMap,
  ListSlice,
  type Result,
  typeName,
} from '../kinds.ts';
import { FunctionError } from './function.ts';

/** UTF-8 needs at most three bytes for a UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;
/** Encoding a text takes as long as copying it this often. */
const COPIES = 4;

/** Number of elements of a list or map, or of bytes of a string. @throws FunctionError for a value without a length */
export function lengthOf(value: Result, meter: WorkMeter): bigint {
  const content = contentOf(value);
  if (content === null || content === undefined) throw new FunctionError('len of nil pointer');
  if (typeof content === 'string') {
    meter.read(content.length);
    return BigInt(Buffer.byteLength(content));
  }
  if (isList(content)) return BigInt(content.length);
  if (isMap(content)) return BigInt(content.size);
  throw new FunctionError(`len of type ${typeName(value)}`);
}

/** `index x 1 2` is x[1][2]. @throws FunctionError */
export function indexed([item, ...indexes]: readonly Result[], meter: WorkMeter): Result {
  if (item === null || item === undefined) throw new FunctionError('index of untyped nil');
  return indexes.reduce<Result>((value, index) => elementOf(value, index, meter), item);
}

function elementOf(value: Result, index: Result, meter: WorkMeter): Result {
  meter.step();
  const content = contentOf(value);
  if (content === null || content === undefined) throw new FunctionError('index of nil pointer');
  if (isMap(content)) {
    if (typeof index !== 'string')
      throw new FunctionError(`value has type ${typeName(index)}; should be string`);
    return content.get(index) ?? null;
  }
  if (typeof content === 'string') {
    const bytes = bytesOf(content, meter);
    return BigInt(bytes[position(index, bytes.length - 1)] ?? 0);
  }
  if (isList(content)) return elementAt(content, position(index, content.length - 1));
  throw new FunctionError(`can't index item of type ${typeName(value)}`);
}

/** `slice x 1 2` is x[1:2]; indexes of strings count bytes. @throws FunctionError */
export function sliced([item, ...indexes]: readonly Result[], meter: WorkMeter): Result {
  const content = contentOf(item);
  if (content === null || content === undefined) throw new FunctionError('slice of untyped nil');
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  if (typeof content === 'string') {
    if (indexes.length === 3) throw new FunctionError('cannot 3-index slice a string');
    const bytes = bytesOf(content, meter);
    const [from, to] = range(indexes, bytes.length, bytes.length);
    meter.write(to - from);
    return bytes.toString('utf8', from, to);
  }
  if (!isList(content)) throw new FunctionError(`can't slice item of type ${typeName(item)}`);
  return new ListSlice(content, ...range(indexes, content.length, capacityOf(content)));
}

/** The UTF-8 bytes of a text, which exist for the length of a call. */
function bytesOf(text: string, meter: WorkMeter): Buffer {
  meter.ensure(text.length * MAX_BYTES_PER_UNIT);
  meter.read(text.length * COPIES);
  return Buffer.from(text);
}

/** @returns where the slice begins and ends, and where its capacity ends */
function range(indexes: readonly Result[], length: number, capacity: number): [number, number, number] {
  const [from = 0, to = length, last = capacity] = indexes.map((index) => position(index, capacity));
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  if (to > last) throw new FunctionError(`invalid slice index: ${to} > ${last}`);
  return [from, to, last];
}

function position(index: Result, last: number): number {
  if (typeof index !== 'bigint') {
    throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  }
  if (index < 0n || index > BigInt(last)) throw new FunctionError(`index out of range: ${index}`);
  return Number(index);
}
