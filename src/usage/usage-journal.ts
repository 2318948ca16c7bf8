import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { makePrivateFolder } from '../base/private-folder.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { mergeFiles, USAGE_FILE_MODE } from './merge-files.ts';
import { dayOf, monthOf } from './usage-day.ts';
import { daySumName, pieceName } from './usage-files.ts';
import { encodeRow, type UsageRow } from './usage-row.ts';
import { UsageSums } from './usage-sums.ts';

/** What a killed process loses. Shorter than a second by what a write may take. */
const WRITE_MS = 900;
/** About 25,000 lines: an hour of many keys and models, which are added up in some ten milliseconds. */
const PIECE_BYTES = 4 * MIB;
/** More than a machine answers within a second; while the disk is full, it is the maximum for all the time. */
const MAX_PENDING_ROWS = 10_000;

const OWNER_BYTES = 4;

export interface JournalParts {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pieceBytes?: number;
}

interface Piece {
  readonly day: string;
  readonly number: number;
  bytes: number;
}

/** Writes increments to files of its own, once a second if there are any. On a full disk it keeps them and tries again. */
export class UsageJournal {
  readonly #parts: JournalParts;
  readonly #owner = randomBytes(OWNER_BYTES).toString('hex');
  #pending = new UsageSums(MAX_PENDING_ROWS);
  #piece: Piece | undefined;
  #pieces = 0;
  /** Whether the file may end within a line. */
  #isTorn = false;
  #cancelTimer: (() => void) | undefined;
  /** The writes, one after the other. */
  #last: Promise<void> = Promise.resolve();
  /** The merges of full pieces, one after the other. Writes do not wait for them. */
  #lastMerge: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(parts: JournalParts) {
    this.#parts = parts;
  }

  /** Why usage cannot be written at the moment; undefined = it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** What has not been written yet. */
  get pending(): readonly UsageRow[] {
    return this.#pending.rows();
  }

  add(row: UsageRow): void {
    this.#pending.add(row);
    this.#cancelTimer ??= this.#parts.clock.after(WRITE_MS, () => void this.write());
  }

  /** Writes what is pending. Never rejects. */
  write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#last = this.#last.then(() => this.#write());
    return this.#last;
  }

  /** Writes what is pending and waits for all files. */
  async close(): Promise<void> {
    await this.write();
    this.#cancelTimer?.();
    await this.#lastMerge;
  }

  async #write(): Promise<void> {
    const rows = this.#pending.rows();
    if (rows.length === 0) return;
    this.#pending = new UsageSums(MAX_PENDING_ROWS);
    const { written, error } = await this.#append(rows);
    for (const row of rows.slice(written)) this.add(row);
    this.#report(error);
  }

  #report(error: unknown): void {
    const { folder, logger } = this.#parts;
    const problem = error === undefined ? undefined : messageOf(error);
    if (problem !== undefined && this.#problem === undefined) {
      logger.warn('usage cannot be written; it is kept in memory until it can', { folder, reason: problem });
    }
    if (problem === undefined && this.#problem !== undefined) {
      logger.info('usage can be written again', { folder });
    }
    this.#problem = problem;
  }

  /** @returns the number of lines that are in the file as a whole */
  async #append(rows: readonly UsageRow[]): Promise<{ written: number; error?: unknown }> {
    const piece = this.#pieceFor(rows);
    // Ends the line that a full disk has torn.
    const separator = this.#isTorn ? '\n' : '';
    const bytes = Buffer.from(separator + rows.map(encodeRow).join(''));
    let done = 0;
    try {
      await this.#withFile(piece, async (file) => {
        while (done < bytes.length) done += (await file.write(bytes, done)).bytesWritten;
      });
    } catch (error) {
      this.#isTorn ||= done > 0;
      return { written: wholeLines(bytes.subarray(separator.length, done)), error };
    }
    this.#isTorn = false;
    piece.bytes += done;
    if (piece.bytes >= (this.#parts.pieceBytes ?? PIECE_BYTES)) this.#merge(piece);
    return { written: rows.length };
  }

  async #withFile({ day, number }: Piece, work: (file: FileHandle) => Promise<void>): Promise<void> {
    const { folder } = this.#parts;
    makePrivateFolder(folder);
    const path = join(folder, pieceName(day, this.#owner, number));
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
    const file = await openRegularFile(path, flags, USAGE_FILE_MODE);
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }

  /** No file has rows of a day after its own, even if the clock is set back. */
  #pieceFor(rows: readonly UsageRow[]): Piece {
    let day = dayOf(this.#parts.clock.date());
    for (const row of rows) if (row.day > day) day = row.day;
    if (this.#piece?.day !== day) {
      this.#pieces += 1;
      this.#piece = { day, number: this.#pieces, bytes: 0 };
      this.#isTorn = false;
    }
    return this.#piece;
  }

  /** Adds up a full piece in the background. If that fails, it is read as it is, and added up with its month. */
  #merge({ day, number }: Piece): void {
    this.#piece = undefined;
    const { folder, logger } = this.#parts;
    const source = { name: pieceName(day, this.#owner, number), day, month: monthOf(day), isSum: false };
    const target = daySumName(day, this.#owner);
    this.#lastMerge = this.#lastMerge
      .then(() => mergeFiles({ folder, target, sources: [source], isPast: false }))
      .catch((error: unknown) => logger.debug('usage was not added up', { reason: messageOf(error) }));
  }
}

const NEWLINE = 0x0a;

function wholeLines(bytes: Uint8Array): number {
  return bytes.filter((byte) => byte === NEWLINE).length;
}
