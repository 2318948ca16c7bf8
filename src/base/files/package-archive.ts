/** Package files as `npm pack` makes them: compressed tar archives (POSIX.1-1988, "ustar"), read whole. */
import { gunzipSync } from 'node:zlib';
import { OllamaError } from '../errors.ts';

export interface ArchiveEntry {
  /** Path in the archive, such as "package/package.json". */
  readonly name: string;
  readonly type: 'file' | 'folder' | 'other';
  readonly content: Buffer;
}

/** A header of one block stands before each entry, whose content fills whole blocks. */
const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const SIZE_OFFSET = 124;
const SIZE_BYTES = 12;
const TYPE_OFFSET = 156;
/** What comes before the name, with a slash between them. */
const PREFIX_OFFSET = 345;
const PREFIX_BYTES = 155;
/** More than any package that we read has; each costs an object. */
const MAX_ENTRIES = 100_000;

const typeByFlag: Readonly<Record<string, ArchiveEntry['type']>> = { '': 'file', '0': 'file', '5': 'folder' };

/**
 * @param maxBytes limit of the unpacked archive
 * @throws OllamaError `invalid-request` unless it is a complete archive within the limit
 */
export function readPackageArchive(bytes: Uint8Array, maxBytes: number): ArchiveEntry[] {
  const archive = unpacked(bytes, maxBytes);
  const entries: ArchiveEntry[] = [];
  for (let offset = 0; offset + BLOCK_BYTES <= archive.length; ) {
    const name = nameAt(archive, offset);
    // Blocks of zeros end an archive.
    if (name === '') break;
    const size = Number.parseInt(textAt(archive, offset + SIZE_OFFSET, SIZE_BYTES), 8);
    const start = offset + BLOCK_BYTES;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > archive.length)
      throw refusal('is damaged: an entry ends after the archive');
    if (entries.length === MAX_ENTRIES) throw refusal(`has more than ${MAX_ENTRIES} entries`);
    const type = typeByFlag[textAt(archive, offset + TYPE_OFFSET, 1)] ?? 'other';
    entries.push({ name, type, content: archive.subarray(start, start + size) });
    offset = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return entries;
}

function unpacked(bytes: Uint8Array, maxOutputLength: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    const isLarge = error instanceof RangeError;
    throw refusal(
      isLarge ? `has more than ${maxOutputLength} bytes unpacked` : 'is damaged, or not compressed with gzip',
    );
  }
}

function nameAt(archive: Buffer, offset: number): string {
  const name = textAt(archive, offset, NAME_BYTES);
  const prefix = textAt(archive, offset + PREFIX_OFFSET, PREFIX_BYTES);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Text up to the first zero byte. */
function textAt(archive: Buffer, offset: number, length: number): string {
  return archive.toString('latin1', offset, offset + length).replace(/\0.*$/s, '');
}

function refusal(reason: string): OllamaError {
  return new OllamaError('invalid-request', reason);
}
