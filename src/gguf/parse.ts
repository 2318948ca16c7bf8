import { ByteCursor } from './byte-cursor.ts';
import { type ByteSource, withFileSource } from './byte-source.ts';
import { invalidGguf, quote } from './errors.ts';
import { DEFAULT_ALIGNMENT, limits, smallest } from './limits.ts';
import { alignUp, checkLayout, readTensors } from './reading/read-tensors.ts';
import { readText } from './reading/read-text.ts';
import { type ArrayMode, readValue } from './reading/read-value.ts';
import { hasInsertTokens } from './tokens/insert-tokens.ts';
import { readSpecialTokens, TOKENS_KEY } from './tokens/special-tokens.ts';
import type { GgufFile, GgufValue } from './types.ts';

const MAGIC = 'GGUF';
const SUPPORTED_VERSIONS: readonly number[] = [2, 3];

/** How a file is read. */
export interface ParseOptions {
  /** 'skip' (the default) keeps only the type and count of large arrays; 'keep' reads their elements too. */
  readonly arrays?: ArrayMode;
}

interface Header {
  readonly version: number;
  readonly tensorCount: number;
  readonly metadataCount: number;
}

/**
 * Reads header, metadata and tensor table of a GGUF file, version 2 or 3, and checks that every tensor lies within it.
 * @throws OllamaError `invalid-request`, with a message that starts with "invalid GGUF file: "
 */
export async function parseGguf(source: ByteSource, options: ParseOptions = {}): Promise<GgufFile> {
  const cursor = new ByteCursor(source);
  const { version, tensorCount, metadataCount } = await readHeader(cursor);
  const { metadata, tokensAt } = await readMetadata(cursor, metadataCount, options.arrays ?? 'skip');
  const alignment = alignmentOf(metadata);
  checkCount(tensorCount, limits.tensors, smallest.tensorBytes, cursor.remaining, 'tensors');
  const tensors = await readTensors(cursor, tensorCount);
  const dataOffset = alignUp(cursor.position, alignment);
  checkLayout(tensors, alignment, source.size - dataOffset);
  const { littleEndian } = cursor;
  const openTokens = () => {
    const again = new ByteCursor(source, tokensAt);
    again.littleEndian = littleEndian;
    return again;
  };
  return {
    version,
    littleEndian,
    metadata,
    tensors,
    alignment,
    dataOffset,
    fileSize: source.size,
    specialTokens: await readSpecialTokens(metadata, openTokens),
    hasInsertTokens: await hasInsertTokens(metadata, openTokens),
  };
}

/**
 * Parses a file on disk.
 * @throws OllamaError as `parseGguf`, also for anything but a regular file; system errors of `open`
 */
export function readGgufFile(path: string, options?: ParseOptions): Promise<GgufFile> {
  return withFileSource(path, (source) => parseGguf(source, options));
}

async function readHeader(cursor: ByteCursor): Promise<Header> {
  if (cursor.remaining < limits.headerBytes) {
    throw invalidGguf(`it has ${cursor.remaining} bytes, but its header alone takes ${limits.headerBytes}`);
  }
  await cursor.ensure(limits.headerBytes);
  const magic = cursor.take(4, (view, at) =>
    String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index))),
  );
  if (magic !== MAGIC) throw invalidGguf(`it starts with ${quote(magic)}, not with "${MAGIC}"`);
  const version = readVersion(cursor);
  const tensorCount = cursor.u64();
  const metadataCount = cursor.u64();
  checkCount(tensorCount, limits.tensors, smallest.tensorBytes, cursor.remaining, 'tensors');
  checkCount(
    metadataCount,
    limits.metadataEntries,
    smallest.metadataBytes,
    cursor.remaining,
    'metadata entries',
  );
  return { version, tensorCount, metadataCount };
}

/** Versions are small numbers, so the position of the non-zero byte reveals the byte order of the whole file. */
function readVersion(cursor: ByteCursor): number {
  const asLittleEndian = cursor.u32();
  cursor.littleEndian = (asLittleEndian & 0xffff) !== 0;
  const version = cursor.littleEndian ? asLittleEndian : asLittleEndian >>> 24;
  if (SUPPORTED_VERSIONS.includes(version)) return version;
  throw invalidGguf(
    `version ${version} is not supported (only ${SUPPORTED_VERSIONS.join(' and ')} are): convert the model again`,
  );
}

async function readMetadata(
  cursor: ByteCursor,
  count: number,
  arrays: ArrayMode,
): Promise<{ metadata: Map<string, GgufValue>; tokensAt: number }> {
  const metadata = new Map<string, GgufValue>();
  let tokensAt = 0;
  for (let index = 0; index < count; index++) {
    const key = await readText(cursor, limits.keyBytes, 'a metadata key');
    if (key === '') throw invalidGguf('a metadata key is empty');
    if (metadata.has(key)) throw invalidGguf(`the metadata key ${quote(key)} occurs twice`);
    if (key === TOKENS_KEY) tokensAt = cursor.position;
    metadata.set(key, await readValue(cursor, key, arrays));
    if (cursor.position > limits.metadataBytes) {
      throw invalidGguf(`its metadata is larger than ${limits.metadataBytes} bytes`);
    }
  }
  return { metadata, tokensAt };
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>): number {
  const entry = metadata.get('general.alignment');
  if (!entry) return DEFAULT_ALIGNMENT;
  const alignment = entry.type === 'u32' ? entry.value : 0;
  const powerOfTwo = alignment > 0 && (alignment & (alignment - 1)) === 0;
  if (powerOfTwo && alignment <= limits.alignment) return alignment;
  throw invalidGguf(`general.alignment must be a u32, a power of two up to ${limits.alignment}`);
}

function checkCount(count: number, limit: number, bytesEach: number, remaining: number, what: string): void {
  if (count > limit) throw invalidGguf(`it declares ${count} ${what}, more than the maximum of ${limit}`);
  if (count * bytesEach > remaining) {
    throw invalidGguf(`it declares ${count} ${what}, more than the rest of the file can hold`);
  }
}
