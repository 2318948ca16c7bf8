import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { openRegularFile } from '../base/regular-file.ts';
import { decodeHead, type LineHead, MAX_HEAD_BYTES, NEWLINE } from './prepared-line.ts';

export interface PreparedLine {
  /** From 0. */
  readonly index: number;
  readonly head: LineHead;
  /** Offset of the body in the file. */
  readonly bodyAt: number;
}

/** Reads prepared lines in their order; bodies are read when they are sent. */
export class PreparedInput {
  readonly #file: FileHandle;
  #at = 0;
  #index = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws system errors */
  static async open(path: string): Promise<PreparedInput> {
    return new PreparedInput(await openRegularFile(path, constants.O_RDONLY));
  }

  /** @returns undefined behind the last line @throws Error for a file that was changed */
  async next(): Promise<PreparedLine | undefined> {
    const bytes = await this.#read(this.#at, MAX_HEAD_BYTES);
    if (bytes.length === 0) return undefined;
    const end = bytes.indexOf(NEWLINE);
    if (end < 0) throw new Error('the prepared input was changed: a head has no end');
    const head = decodeHead(bytes.subarray(0, end));
    const bodyAt = this.#at + end + 1;
    this.#at = bodyAt + head.bytes + 1;
    this.#index += 1;
    return { index: this.#index - 1, head, bodyAt };
  }

  /** @throws Error for a file that was cut */
  async body({ head, bodyAt }: PreparedLine): Promise<Buffer> {
    const bytes = await this.#read(bodyAt, head.bytes);
    if (bytes.length < head.bytes) throw new Error('the prepared input was changed: a body is cut');
    return bytes;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await this.#file.read(buffer, read, length - read, at + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return buffer.subarray(0, read);
  }
}
