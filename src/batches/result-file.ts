import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { explainStorageError } from '../base/atomic-file.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { NEWLINE } from './prepared-line.ts';
import { answeredLine, RESULT_HEAD_BYTES } from './result-line.ts';

const FILE_MODE = 0o600;
const READ_BYTES = MIB;

/** The file of one kind of results, which only grows: replies, or errors. It is its own record of what was done. */
export class ResultFile {
  readonly path: string;
  readonly #file: FileHandle;
  #end: number;
  /** Numbers of the lines that were answered before it was opened. */
  readonly answered: ReadonlySet<number>;

  private constructor(path: string, file: FileHandle, end: number, answered: ReadonlySet<number>) {
    this.path = path;
    this.#file = file;
    this.#end = end;
    this.answered = answered;
  }

  /** Opens it, and cuts off a line that the end of a process has torn. @throws OllamaError of a disk; system errors */
  static async open(path: string): Promise<ResultFile> {
    try {
      const file = await openRegularFile(path, constants.O_RDWR | constants.O_CREAT, FILE_MODE);
      try {
        const { answered, end } = await scan(file);
        await file.truncate(end);
        return new ResultFile(path, file, end, answered);
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      throw explainStorageError(error, path);
    }
  }

  /** Cuts off a torn line of a file, if there is one. @throws OllamaError of a disk; system errors */
  static async mend(path: string): Promise<void> {
    await (await ResultFile.open(path)).close();
  }

  get bytes(): number {
    return this.#end;
  }

  /** @throws OllamaError `storage-full`, `storage-read-only` */
  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    try {
      for (let done = 0; done < bytes.length; ) {
        const at = this.#end + done;
        done += (await this.#file.write(bytes, done, bytes.length - done, at)).bytesWritten;
      }
      this.#end += bytes.length;
    } catch (error) {
      // A part of a line must not become the end of an output. It is cut off at the next opening in any case.
      await this.#file.truncate(this.#end).catch(() => undefined);
      throw explainStorageError(error, this.path);
    }
  }

  async close(): Promise<void> {
    await this.#file.datasync().catch(() => undefined);
    await this.#file.close();
  }
}

/** @returns the lines that are whole, and where they end */
async function scan(file: FileHandle): Promise<{ answered: Set<number>; end: number }> {
  const answered = new Set<number>();
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let [at, end] = [0, 0];
  let head = '';
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return { answered, end };
    const chunk = buffer.subarray(0, bytesRead);
    let from = 0;
    for (let stop = chunk.indexOf(NEWLINE); stop >= 0; stop = chunk.indexOf(NEWLINE, from)) {
      head += textOf(chunk, from, stop, head.length);
      const index = answeredLine(head);
      // Anything else was not written by this program: what follows it cannot be trusted.
      if (index === undefined) return { answered, end };
      answered.add(index);
      head = '';
      from = stop + 1;
      end = at + from;
    }
    head += textOf(chunk, from, chunk.length, head.length);
    at += bytesRead;
  }
}

/** What belongs to the head of a line. */
function textOf(chunk: Buffer, from: number, to: number, known: number): string {
  return chunk.toString('latin1', from, Math.min(to, from + Math.max(0, RESULT_HEAD_BYTES - known)));
}
