import { OllamaError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import type { SourceFile } from '../source-file.ts';
import { safetensorsLimits as limits } from './limits.ts';
import { type SafeTensor, type SafeType, safeTypes } from './safe-tensor.ts';
import { scanJson } from './scan-json.ts';

/** Where the data of the tensors is, in bytes of the file. */
interface DataSection {
  readonly dataStart: number;
  readonly dataBytes: number;
}

/** Key of a header that is not a tensor: texts about the file. */
const METADATA_KEY = '__metadata__';
/** Characters of a name or type that a message shows. */
const SHOWN_CHARACTERS = 200;

/**
 * Checks everything that a header says. Tensors may leave gaps between them, but not overlap, so that the data read is
 * never more than the file has.
 * @throws OllamaError `invalid-request` naming the file, the tensor and what is wrong
 */
export function parseSafetensorsHeader(
  file: SourceFile,
  header: Uint8Array,
  section: DataSection,
): SafeTensor[] {
  const entries = Object.entries(parseObject(file.name, header)).filter(([name]) => name !== METADATA_KEY);
  if (entries.length > limits.tensors)
    throw damaged(file, `has ${entries.length} tensors, more than ${limits.tensors}`);
  const tensors = entries.map(([name, entry]) => readTensor(file, name, entry, section));
  checkOverlaps(file, tensors);
  return tensors.sort((a, b) => compareCodePoints(a.name, b.name));
}

/** Reads the JSON only once it is known that it is small and flat, and has no key twice (which `JSON.parse` hides). */
function parseObject(fileName: string, header: Uint8Array): JsonObject {
  const file = { name: fileName };
  const scan = scanJson(header);
  if (scan.depth > limits.depth || scan.values > limits.values)
    throw damaged(file, 'has a header with more than names, types, shapes and offsets');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
  } catch {
    throw damaged(file, 'is not a safetensors file: its header is not JSON');
  }
  if (!isJsonObject(value)) throw damaged(file, 'is not a safetensors file: its header is not a JSON object');
  if (countKeys(value) !== scan.keys) throw damaged(file, 'names a tensor, or a field of one, twice');
  return value;
}

/** Keys of an object and the objects in it; headers have no deeper ones. */
function countKeys(value: JsonObject): number {
  let count = 0;
  for (const entry of Object.values(value)) count += 1 + (isJsonObject(entry) ? countKeys(entry) : 0);
  return count;
}

function readTensor(file: SourceFile, name: string, entry: unknown, section: DataSection): SafeTensor {
  const wrong = (what: string) => damaged(file, `has a tensor ${quoted(name)} ${what}`);
  if (name.length === 0 || name.length > limits.nameLength)
    throw damaged(file, `has a tensor whose name has no, or more than ${limits.nameLength}, characters`);
  if (!isJsonObject(entry)) throw wrong('without a type, a shape and offsets');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isSafeType(dtype)) throw wrong(`of the type ${quoted(dtype)}, which is not known`);
  if (!isSizeList(shape) || shape.length > limits.dimensions)
    throw wrong(`whose shape is not a list of at most ${limits.dimensions} sizes`);
  const [begin, end] = isSizeList(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) throw wrong('whose offsets are not valid');
  if (end > section.dataBytes)
    throw wrong(
      `that lies outside of the file: ${end - section.dataBytes} bytes are missing, download it again`,
    );
  const byteSize = end - begin;
  if (product(shape) * safeTypes[dtype] !== byteSize)
    throw wrong(`whose type and shape do not give its ${byteSize} bytes`);
  return { name, type: dtype, shape, path: file.path, start: section.dataStart + begin, byteSize };
}

function isSafeType(value: unknown): value is SafeType {
  return typeof value === 'string' && Object.hasOwn(safeTypes, value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Not a number where the product cannot be represented exactly: no file is as large. */
function product(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  let result = 1;
  for (const size of shape) result *= size;
  return Number.isSafeInteger(result) ? result : Number.NaN;
}

function checkOverlaps(file: SourceFile, tensors: readonly SafeTensor[]): void {
  const inOrder = tensors.filter(({ byteSize }) => byteSize > 0).sort((a, b) => a.start - b.start);
  let previous: SafeTensor | undefined;
  for (const tensor of inOrder) {
    if (previous && tensor.start < previous.start + previous.byteSize)
      throw damaged(file, `has tensors that overlap: ${quoted(previous.name)} and ${quoted(tensor.name)}`);
    previous = tensor;
  }
}

/** Python's order of texts, which differs from JavaScript's behind the first 65,536 code points. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a.charCodeAt(at) === b.charCodeAt(at)) continue;
    return (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0);
  }
  return a.length - b.length;
}

/** Text of a value for a message; files choose it, so that it is shortened. */
function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function damaged(file: Pick<SourceFile, 'name'>, what: string): OllamaError {
  return new OllamaError('invalid-request', `${quoted(file.name)} ${what}`);
}
