/** Reads the end of a log file that another process writes, and renames when it is full. */
import { type FileHandle, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCancellation, systemCode } from '../../base/errors.ts';
import { openRegularFile } from '../../base/regular-file.ts';
import { KIB, MIB } from '../../base/units.ts';
import { OLD_LOG_FILES, olderLogFile } from '../../config/log-files.ts';

/** Larger than one of the server's log files. Only the end of a larger file is read. */
const MAX_READ_BYTES = 16 * MIB;
const CHUNK_BYTES = 64 * KIB;
/** Short enough to look immediate, long enough not to load an idle machine. */
const POLL_MS = 200;

export interface LogTailOptions {
  /** Number of lines before the end to start with. */
  readonly count: number;
  /** If given, continue with new lines until it is aborted. */
  readonly follow?: AbortSignal | undefined;
  readonly pollMs?: number;
}

/** Yields lines without line breaks. If the newest file has too few, it starts with lines of older files. */
export async function* logLines(path: string, options: LogTailOptions): AsyncGenerator<string> {
  const { count, follow, pollMs = POLL_MS } = options;
  let source = await LogSource.open(path);
  try {
    const lines = await source.readLines();
    // When following, an incomplete line is kept as the beginning of the next one.
    if (!follow) lines.push(...source.rest());
    const own = count === 0 ? [] : lines.slice(-count);
    yield* await olderLines(path, count - own.length);
    yield* own;
    while (follow && (await pause(pollMs, follow))) {
      yield* await source.readLines();
      const next = await source.successor();
      if (!next) continue;
      // Whoever reads the lines may leave at any of them; then only one file is open.
      const last = await source.readLines().finally(() => source.close());
      source = next;
      yield* last;
    }
  } finally {
    await source.close();
  }
}

/** @returns false once the signal is aborted */
async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (isCancellation(error)) return false;
    throw error;
  }
}

async function olderLines(path: string, count: number): Promise<string[]> {
  let lines: string[] = [];
  for (let age = 1; age <= OLD_LOG_FILES && lines.length < count; age++) {
    const found = await wholeFile(olderLogFile(path, age));
    if (!found) break;
    lines = [...found, ...lines];
  }
  return lines.slice(Math.max(0, lines.length - Math.max(0, count)));
}

async function wholeFile(path: string): Promise<string[] | undefined> {
  try {
    const source = await LogSource.open(path);
    try {
      return [...(await source.readLines()), ...source.rest()];
    } finally {
      await source.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** An open file that is read from a position near its end. */
class LogSource {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #inode: number;
  #position: number;
  /** Whether reading started in the middle of the file, so that the first line is incomplete. */
  #isCut: boolean;
  #decoder = new StringDecoder('utf8');
  #partial = '';

  private constructor(path: string, file: FileHandle, { inode, size }: { inode: number; size: number }) {
    this.#path = path;
    this.#file = file;
    this.#inode = inode;
    this.#position = Math.max(0, size - MAX_READ_BYTES);
    this.#isCut = this.#position > 0;
  }

  /** Throws Node's own errors, such as ENOENT. */
  static async open(path: string): Promise<LogSource> {
    const file = await openRegularFile(path);
    const { ino: inode, size } = await file.stat();
    return new LogSource(path, file, { inode, size });
  }

  /** Reads the complete lines up to the end of the file. */
  async readLines(): Promise<string[]> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const parts = [this.#partial];
    for (let total = 0; total < MAX_READ_BYTES; ) {
      const { bytesRead } = await this.#file.read(buffer, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) break;
      this.#position += bytesRead;
      total += bytesRead;
      parts.push(this.#decoder.write(buffer.subarray(0, bytesRead)));
    }
    const lines = parts.join('').split('\n');
    this.#partial = lines.pop() ?? '';
    if (this.#isCut && lines.length > 0) {
      lines.shift();
      this.#isCut = false;
    }
    return lines;
  }

  /** The text after the last line break, as a list of at most one line. */
  rest(): string[] {
    return this.#partial === '' || this.#isCut ? [] : [this.#partial];
  }

  /** Opens the file that replaced this one, or this one again if it was truncated. */
  async successor(): Promise<LogSource | undefined> {
    try {
      const { ino, size } = await stat(this.#path);
      return ino === this.#inode && size >= this.#position ? undefined : await LogSource.open(this.#path);
    } catch (error) {
      // Between the two steps of a rotation the file does not exist.
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
