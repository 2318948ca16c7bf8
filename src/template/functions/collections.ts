import { contentOf, isList, isMap, type Result, typeName } from '../kinds.ts';
import { FunctionError } from './function.ts';

/** Number of elements of a list or map, or of bytes of a string. @throws FunctionError for a value without a length */
export function lengthOf(value: Result): bigint {
  const content = contentOf(value);
  if (content === null || content === undefined) throw new FunctionError('len of nil pointer');
  if (typeof content === 'string') return BigInt(Buffer.byteLength(content));
  if (isList(content)) return BigInt(content.length);
  if (isMap(content)) return BigInt(content.size);
  throw new FunctionError(`len of type ${typeName(value)}`);
}

/** `index x 1 2` is x[1][2]. @throws FunctionError */
export function indexed([item, ...indexes]: readonly Result[]): Result {
  if (item === null || item === undefined) throw new FunctionError('index of untyped nil');
  return indexes.reduce<Result>((value, index) => elementOf(value, index), item);
}

function elementOf(value: Result, index: Result): Result {
  const content = contentOf(value);
  if (content === null || content === undefined) throw new FunctionError('index of nil pointer');
  if (isMap(content)) {
    if (typeof index !== 'string')
      throw new FunctionError(`value has type ${typeName(index)}; should be string`);
    return content.get(index) ?? null;
  }
  if (typeof content === 'string') {
    const bytes = Buffer.from(content);
    return BigInt(bytes[position(index, bytes.length - 1)] ?? 0);
  }
  if (isList(content)) return content[position(index, content.length - 1)];
  throw new FunctionError(`can't index item of type ${typeName(value)}`);
}

/** `slice x 1 2` is x[1:2]; indexes of strings count bytes. @throws FunctionError */
export function sliced([item, ...indexes]: readonly Result[]): Result {
  const content = contentOf(item);
  if (content === null || content === undefined) throw new FunctionError('slice of untyped nil');
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  if (typeof content === 'string') {
    if (indexes.length === 3) throw new FunctionError('cannot 3-index slice a string');
    const bytes = Buffer.from(content);
    const [from, to] = range(indexes, bytes.length);
    return bytes.toString('utf8', from, to);
  }
  if (!isList(content)) throw new FunctionError(`can't slice item of type ${typeName(item)}`);
  const [from, to] = range(indexes, content.length);
  return content.slice(from, to);
}

function range(indexes: readonly Result[], length: number): [number, number] {
  const [from = 0, to = length, capacity = length] = indexes.map((index) => position(index, length));
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`);
  if (to > capacity) throw new FunctionError(`invalid slice index: ${to} > ${capacity}`);
  return [from, to];
}

function position(index: Result, last: number): number {
  if (typeof index !== 'bigint') {
    throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  }
  if (index < 0n || index > BigInt(last)) throw new FunctionError(`index out of range: ${index}`);
  return Number(index);
}
