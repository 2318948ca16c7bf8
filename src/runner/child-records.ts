/** Records on disk of the children that a server has started, so that the next server finds those that outlived it. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { readRegularFile } from '../base/regular-file.ts';

/** Identifies a process, as distinct from a later one with the same pid. */
interface ProcessMark {
  readonly pid: number;
  readonly startedAt: string;
}

export interface ChildRecord extends ProcessMark {
  readonly server: ProcessMark;
}

/** More children than any server has; any beyond this are ignored. */
const MAX_RECORDS = 10_000;
/** A record has about a hundred bytes. */
const MAX_RECORD_BYTES = 4096;
const recordPattern = /^(\d+)\.json$/;
const PRIVATE_MODE = 0o600;

export class ChildRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(record: ChildRecord): Promise<void> {
    // A record does not have to survive a power failure, because its process does not survive it either.
    await writeFileAtomically(this.#path(record.pid), JSON.stringify(record), PRIVATE_MODE, false);
  }

  async remove(pid: number): Promise<void> {
    await rm(this.#path(pid), { force: true });
  }

  /** Removes damaged records. */
  async list(): Promise<ChildRecord[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const records: ChildRecord[] = [];
    for (const name of names.slice(0, MAX_RECORDS)) {
      const [, pid] = recordPattern.exec(name) ?? [];
      if (pid === undefined) continue;
      const record = await this.#read(Number(pid));
      if (record) records.push(record);
      else await this.remove(Number(pid)).catch(() => undefined); // A folder cannot be removed like a file.
    }
    return records;
  }

  async #read(pid: number): Promise<ChildRecord | undefined> {
    try {
      const bytes = await readRegularFile(this.#path(pid), MAX_RECORD_BYTES);
      const value: unknown = JSON.parse(bytes.toString());
      return isRecord(value) && value.pid === pid ? value : undefined;
    } catch {
      return undefined;
    }
  }

  #path(pid: number): string {
    return join(this.#folder, `${pid}.json`);
  }
}

function isRecord(value: unknown): value is ChildRecord {
  return isMark(value) && 'server' in value && isMark(value.server);
}

function isMark(value: unknown): value is ProcessMark {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value) || !('startedAt' in value)) return false;
  return Number.isSafeInteger(value.pid) && typeof value.startedAt === 'string';
}
