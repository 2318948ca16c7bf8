import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { OllamaError } from '../../base/errors.ts';
import { KIB } from '../../base/units.ts';

const MB = 1_000_000;
/** Same values as Ollama: its registry stores each part, and storage services refuse small and very large ones. */
const PARTS = 16;
const MIN_PART_BYTES = 100 * MB;
const MAX_PART_BYTES = 1000 * MB;

/** Large enough for a fast network, small enough for memory not to matter. */
const READ_BYTES = 256 * KIB;

/** Bytes in each part of a blob except the last. */
export function partSizeOf(blobSize: number): number {
  return Math.min(Math.max(Math.floor(blobSize / PARTS), MIN_PART_BYTES), MAX_PART_BYTES);
}

/**
 * Reads the bytes of a file from `start` up to but not including `end`, as they are consumed.
 * @throws OllamaError `internal` when the file ends too early
 */
export async function* readSection(
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void> {
  for (let position = start; position < end; ) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) throw new OllamaError('internal', 'a blob became shorter while it was being pushed');
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * The tag by which Ollama's registry, and the storage behind it, check a blob sent in parts: the MD5 of the parts' MD5s,
 * a dash and the number of parts.
 */
export class PartsTag {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #partSize: number;
  readonly #known = new Map<number, Buffer>();

  constructor(file: FileHandle, size: number, partSize: number) {
    this.#file = file;
    this.#size = size;
    this.#partSize = partSize;
  }

  /** Saves reading a part again that was sent completely. */
  remember(start: number, md5: Buffer): void {
    this.#known.set(start, md5);
  }

  async text(): Promise<string> {
    const whole = createHash('md5');
    let parts = 0;
    for (let start = 0; start < this.#size; start += this.#partSize) {
      whole.update(this.#known.get(start) ?? (await this.#md5(start)));
      parts += 1;
    }
    return `${whole.digest('hex')}-${parts}`;
  }

  async #md5(start: number): Promise<Buffer> {
    const hash = createHash('md5');
    const end = Math.min(start + this.#partSize, this.#size);
    for await (const chunk of readSection(this.#file, start, end)) hash.update(chunk);
    return hash.digest();
  }
}

/** Bytes of an upload that a registry confirms in its header "Range: 0-<last>"; undefined without that header. */
export function acknowledgedBytes(headers: Headers): number | undefined {
  const last = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(headers.get('range')?.trim() ?? '')?.[1];
  if (last === undefined) return undefined;
  // Registries can only write "0-0" for nothing at all, so a single byte is sent again.
  return last === '0' ? 0 : Number(last) + 1;
}
