import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, systemCode } from '../../base/errors.ts';
import { mayBeInUse } from '../../base/files/replace-file.ts';
import { makePrivateFolder } from '../../base/private-folder.ts';
import { MIB } from '../../base/units.ts';
import { OLD_LOG_FILES, olderLogFile } from '../../config/log-files.ts';

/** Several ten thousand lines: days of ordinary use, yet fast to read in full. */
const MAX_FILE_BYTES = 10 * MIB;

/** On Windows, a log that another program has open cannot be moved; it grows up to this many times its size meanwhile. */
const MAX_OVERSIZE = 10;

/** The log contains model names and client addresses, so other users may not read it. */
const LOG_FILE_MODE = 0o640;

/** Without O_NONBLOCK, opening a named pipe that nobody reads would stop the server. Windows lacks the flag. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

interface RotationSystem {
  readonly platform: NodeJS.Platform;
  readonly rename: (from: string, to: string) => void;
}

const ownSystem: RotationSystem = { platform: process.platform, rename: renameSync };

export interface RotatingFileOptions {
  readonly maxBytes?: number;
  /** Number of older files that are kept; absent = as many as of the log. */
  readonly oldFiles?: number;
  /** Permissions of the files; absent = the owner and the group may read them. */
  readonly mode?: number;
  /** For tests. */
  readonly system?: RotationSystem;
  /** Called once when lines start to be lost. */
  readonly onFailure: (reason: string) => void;
}

/**
 * A log file of bounded size. A full file becomes "server-1.log", that one becomes "server-2.log", and so on; the oldest
 * is deleted. On a full disk, lines are lost but the server keeps running.
 */
export class RotatingFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #oldFiles: number;
  readonly #mode: number;
  readonly #system: RotationSystem;
  readonly #onFailure: (reason: string) => void;
  #descriptor: number | undefined;
  #size = 0;
  #problem: string | undefined;
  /** Whether a full disk has cut the last line. */
  #isTorn = false;

  /** Does not open the file yet. */
  constructor(path: string, options: RotatingFileOptions) {
    this.#path = path;
    this.#maxBytes = options.maxBytes ?? MAX_FILE_BYTES;
    this.#oldFiles = options.oldFiles ?? OLD_LOG_FILES;
    this.#mode = options.mode ?? LOG_FILE_MODE;
    this.#system = options.system ?? ownSystem;
    this.#onFailure = options.onFailure;
  }

  /** Why lines are being lost; undefined = they are not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Never throws. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
      this.#writeAll(this.#ready(bytes.length), bytes);
      this.#problem = undefined;
      this.#isTorn = false;
    } catch (error) {
      this.#close();
      const problem = `${this.#path}: ${messageOf(error)}`;
      if (this.#problem === undefined) this.#onFailure(problem);
      this.#problem = problem;
    }
  }

  /** Returns the descriptor of a file that has room for `length` bytes. */
  #ready(length: number): number {
    const descriptor = this.#descriptor ?? this.#open();
    if (this.#size === 0 || this.#size + length <= this.#maxBytes) return descriptor;
    this.#close();
    try {
      this.#rotate();
    } catch (error) {
      const isLarge = this.#size + length > this.#maxBytes * MAX_OVERSIZE;
      if (isLarge || !mayBeInUse(error, this.#system.platform)) throw error;
    }
    return this.#open();
  }

  #open(): number {
    makePrivateFolder(dirname(this.#path));
    const descriptor = openSync(this.#path, APPEND, this.#mode);
    this.#descriptor = descriptor;
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }

  #writeAll(descriptor: number, bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(descriptor, bytes, written);
      this.#isTorn = written < bytes.length;
    }
    this.#size += bytes.length;
  }

  #rotate(): void {
    for (let age = this.#oldFiles - 1; age > 0; age--) {
      this.#moveIfThere(olderLogFile(this.#path, age), olderLogFile(this.#path, age + 1));
    }
    this.#moveIfThere(this.#path, olderLogFile(this.#path, 1));
  }

  #moveIfThere(from: string, to: string): void {
    try {
      this.#system.rename(from, to);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
