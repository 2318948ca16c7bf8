/** Reads the end of a log file that somebody else writes and moves away when it is full. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCancellation, systemCode } from '../../base/errors.ts';
import { OLD_LOG_FILES, olderLogFile } from '../../config/log-files.ts';

/** More than one of the server's files; of a larger one only the end is read. */
const MAX_READ_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Soon enough for an eye, seldom enough for an idle machine. */
const POLL_MS = 200;

export interface LogTailOptions {
  /** Lines before the end to begin with. */
  readonly count: number;
  /** Present = go on with what is added, until it is aborted. */
  readonly follow?: AbortSignal | undefined;
  readonly pollMs?: number;
}

/** Lines without their ends, from older files too where the newest one has not enough. */
export async function* logLines(path: string, options: LogTailOptions): AsyncGenerator<string> {
  const { count, follow, pollMs = POLL_MS } = options;
  let source = await LogSource.open(path);
  try {
    const lines = await source.readLines();
    // While it is followed, half a line is the beginning of the next one.
    if (!follow) lines.push(...source.rest());
    const own = count === 0 ? [] : lines.slice(-count);
    yield* await olderLines(path, count - own.length);
    yield* own;
    while (follow && (await pause(pollMs, follow))) {
      yield* await source.readLines();
      const next = await source.successor();
      if (!next) continue;
      yield* await source.readLines();
      await source.close();
      source = next;
    }
  } finally {
    await source.close();
  }
}

/** @returns false once the signal was aborted */
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

/** One open file, read from a place near its end on. */
class LogSource {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #inode: number;
  #position: number;
  /** Where it does not begin with the file's first line, its own first line is half a one. */
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

  /** Throws Node's own errors, ENOENT among them. */
  static async open(path: string): Promise<LogSource> {
    const file = await open(path, 'r');
    const { ino: inode, size } = await file.stat();
    return new LogSource(path, file, { inode, size });
  }

  /** The whole lines up to the file's end. */
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

  /** What stands behind the last line's end. */
  rest(): string[] {
    return this.#partial === '' || this.#isCut ? [] : [this.#partial];
  }

  /** The file that took this one's place, or this one again when it was emptied. */
  async successor(): Promise<LogSource | undefined> {
    try {
      const { ino, size } = await stat(this.#path);
      return ino === this.#inode && size >= this.#position ? undefined : await LogSource.open(this.#path);
    } catch (error) {
      // Between the two steps of a rotation there is none.
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
