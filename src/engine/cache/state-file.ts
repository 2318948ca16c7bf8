/**
 * The file of one saved state. Little-endian: magic, length of the header, its CRC-32, the header (fixed fields, the
 * table of checkpoints, the tokens), then the state and the checkpoints' states. A CRC-32 in the header covers the
 * rest.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { openRegularFile } from '../../base/regular-file.ts';
import { MIB } from '../../base/units.ts';
import type { SavedState } from './kv-cache.ts';
import type { Holding } from './slot.ts';

const MAGIC = Buffer.from('OLTSKV01');
const PREFIX_BYTES = MAGIC.length + 8;
const HASH_BYTES = 32;
const FIXED_BYTES = 2 * HASH_BYTES + 5 * 4 + 8;
const CHECKPOINT_BYTES = 8;
const TOKEN_BYTES = 4;
/** More than a slot may have, with a margin. */
const MAX_CHECKPOINTS = 64;
/** 4 Mi tokens: longer than any context, and still a small header. */
const MAX_HEADER_BYTES = 16 * MIB;
/** Bytes read at once; computing the checksum of this many takes a few milliseconds. */
const CHUNK_BYTES = 4 * MIB;
/** Windows lacks the flag. */
const NO_LINKS = constants.O_NOFOLLOW ?? 0;

/** The fields of the header. */
export interface StateFileHeader extends Holding {
  /** Hash of everything about the way a model is loaded that a state depends on, as 64 hex digits. */
  readonly settings: string;
  readonly stateBytes: number;
  readonly checkpoints: readonly { readonly length: number; readonly bytes: number }[];
  readonly bodyChecksum: number;
  readonly bodyOffset: number;
}

/** The file's content, in parts that are not copied. */
export function encodeStateFile(saved: SavedState, settings: string): Uint8Array[] {
  const { tokens, checkpoints, state } = saved;
  const body = [state, ...checkpoints.map((checkpoint) => checkpoint.state)];
  const checksum = body.reduce((sum, part) => crc32(part, sum), 0);
  const header = Buffer.alloc(
    FIXED_BYTES + checkpoints.length * CHECKPOINT_BYTES + tokens.length * TOKEN_BYTES,
  );
  header.write(settings, 0, HASH_BYTES, 'hex');
  header.write(saved.salt, HASH_BYTES, HASH_BYTES, 'hex');
  let at = 2 * HASH_BYTES;
  for (const value of [tokens.length, checkpoints.length, saved.windowStart, checksum, saved.fixedLength]) {
    at = header.writeUInt32LE(value, at);
  }
  at = header.writeBigUInt64LE(BigInt(state.length), at);
  for (const checkpoint of checkpoints) {
    at = header.writeUInt32LE(checkpoint.length, at);
    at = header.writeUInt32LE(checkpoint.state.length, at);
  }
  for (const token of tokens) at = header.writeInt32LE(token, at);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(header.length, MAGIC.length);
  prefix.writeUInt32LE(crc32(header), MAGIC.length + 4);
  return [prefix, header, ...body];
}

/** @returns undefined when the file is not a state file, or is incomplete */
export async function readStateHeader(path: string): Promise<StateFileHeader | undefined> {
  return withFile(path, async (file, fileBytes) => {
    const prefix = await readExactly(file, PREFIX_BYTES, 0);
    if (!prefix?.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const length = prefix.readUInt32LE(MAGIC.length);
    if (length < FIXED_BYTES || length > Math.min(MAX_HEADER_BYTES, fileBytes)) return undefined;
    const bytes = await readExactly(file, length, PREFIX_BYTES);
    if (!bytes || crc32(bytes) !== prefix.readUInt32LE(MAGIC.length + 4)) return undefined;
    const header = parseHeader(bytes);
    return header && bodyBytes(header) === fileBytes - header.bodyOffset ? header : undefined;
  });
}

/** @returns undefined when the content does not match its checksum */
export async function readStateBody(path: string, header: StateFileHeader): Promise<SavedState | undefined> {
  return withFile(path, async (file, fileBytes) => {
    const length = bodyBytes(header);
    if (fileBytes !== header.bodyOffset + length) return undefined;
    const body = Buffer.allocUnsafeSlow(length);
    let checksum = 0;
    for (let at = 0; at < length; at += CHUNK_BYTES) {
      const chunk = body.subarray(at, at + CHUNK_BYTES);
      if (!(await fill(file, chunk, header.bodyOffset + at))) return undefined;
      checksum = crc32(chunk, checksum);
    }
    return checksum === header.bodyChecksum ? splitBody(body, header) : undefined;
  });
}

function parseHeader(bytes: Buffer): StateFileHeader | undefined {
  const word = (index: number) => bytes.readUInt32LE(2 * HASH_BYTES + 4 * index);
  const [tokenCount, checkpointCount] = [word(0), word(1)];
  const tokensAt = FIXED_BYTES + checkpointCount * CHECKPOINT_BYTES;
  if (checkpointCount > MAX_CHECKPOINTS || bytes.length !== tokensAt + tokenCount * TOKEN_BYTES)
    return undefined;
  const salt = bytes.toString('hex', HASH_BYTES, 2 * HASH_BYTES);
  return {
    settings: bytes.toString('hex', 0, HASH_BYTES),
    salt: /^0+$/.test(salt) ? '' : salt,
    windowStart: word(2),
    bodyChecksum: word(3),
    fixedLength: word(4),
    stateBytes: Number(bytes.readBigUInt64LE(FIXED_BYTES - 8)),
    checkpoints: Array.from({ length: checkpointCount }, (_, index) => {
      const at = FIXED_BYTES + index * CHECKPOINT_BYTES;
      return { length: bytes.readUInt32LE(at), bytes: bytes.readUInt32LE(at + 4) };
    }),
    tokens: Array.from({ length: tokenCount }, (_, index) =>
      bytes.readInt32LE(tokensAt + index * TOKEN_BYTES),
    ),
    lastUsed: 0,
    exactLength: Number.POSITIVE_INFINITY,
    bodyOffset: PREFIX_BYTES + bytes.length,
  };
}

function bodyBytes({ stateBytes, checkpoints }: StateFileHeader): number {
  return checkpoints.reduce((total, { bytes }) => total + bytes, stateBytes);
}

function splitBody(body: Buffer, header: StateFileHeader): SavedState {
  const { tokens, salt, lastUsed, exactLength, fixedLength, windowStart } = header;
  let at = header.stateBytes;
  const checkpoints = header.checkpoints.map(({ length, bytes }) => {
    at += bytes;
    return { length, state: body.subarray(at - bytes, at) };
  });
  const state = body.subarray(0, header.stateBytes);
  return { tokens, salt, lastUsed, exactLength, fixedLength, windowStart, checkpoints, state };
}

/** Reads only a regular file with this name, never the target of a link. */
async function withFile<T>(
  path: string,
  use: (file: FileHandle, bytes: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  if (NO_LINKS === 0 && (await lstat(path)).isSymbolicLink()) return undefined;
  const file = await openRegularFile(path, constants.O_RDONLY | NO_LINKS);
  try {
    return await use(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

async function readExactly(file: FileHandle, length: number, at: number): Promise<Buffer | undefined> {
  const bytes = Buffer.allocUnsafe(length);
  return (await fill(file, bytes, at)) ? bytes : undefined;
}

async function fill(file: FileHandle, target: Buffer, at: number): Promise<boolean> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, target.length - done, at + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
