/**
 * Changes files of other programs so that each change can be undone exactly. Before the first change, the file is copied
 * to "~/.ollama/backup/INTEGRATION", and a record of it is written; both may only be read by their owner.
 */
import { createHash } from 'node:crypto';
import { chmod, lstat, readdir, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../../../base/atomic-file.ts';
import { OllamaError, systemCode } from '../../../base/errors.ts';
import { readRegularFile } from '../../../base/regular-file.ts';
import { MIB } from '../../../base/units.ts';
import type { FileChange } from './file-change.ts';
import { type RestoredFile, RestoreRecord } from './restore-record.ts';

/** Far more than any settings; it bounds what is parsed. */
const MAX_FILE_BYTES = 4 * MIB;
/** Settings may contain keys, so that new files and all copies are private. */
const PRIVATE = 0o600;
const PERMISSIONS = 0o777;
/** Copies of versions that were neither the first nor written by a launch; older ones are removed, as in Ollama. */
const KEPT_COPIES = 5;
const MS_PER_SECOND = 1000;

/** A file as it is, and as it will be. */
interface PlannedWrite {
  /** Where the file is; links have been followed. */
  readonly path: string;
  readonly before: Buffer | undefined;
  readonly mode: number;
  readonly after: Buffer;
  /** Whether a file that does not exist is not created. */
  readonly isOptional: boolean;
}

export interface Restored {
  readonly path: string;
  readonly action: 'restored' | 'removed';
  /** Where the version is that was there instead of the one that a launch wrote. */
  readonly kept?: string;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export class ChangedFiles {
  readonly #folder: string;

  /** @param folder the integration's folder for copies */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Works out all changes, then writes those that change anything: a file that cannot be parsed prevents all of them.
   * @returns the paths that were written
   * @throws OllamaError that names the file and says what to do; system errors
   */
  async apply(changes: readonly FileChange[]): Promise<string[]> {
    const planned: PlannedWrite[] = [];
    for (const change of changes) planned.push(await plan(change));
    const writes = planned.filter(({ before, after, isOptional }) =>
      before === undefined ? !isOptional : !after.equals(before),
    );
    const record = await RestoreRecord.read(this.#folder);
    for (const write of writes) {
      await this.#remember(record, write);
      await writeWithMode(write.path, write.after, write.mode);
    }
    return writes.map(({ path }) => path);
  }

  /**
   * Puts every changed file back, byte for byte, and removes those that did not exist. A version that somebody changed
   * after the launch is kept beside the copies.
   */
  async restore(): Promise<Restored[]> {
    const record = await RestoreRecord.read(this.#folder);
    const results: Restored[] = [];
    // Backwards, so that a folder that was created for the first of several files is empty at the end.
    for (const file of record.files.toReversed()) {
      results.push(await this.#putBack(file));
      record.remove(file.path);
      await record.save();
      if (file.original !== undefined) await rm(join(this.#folder, file.original), { force: true });
    }
    return results;
  }

  /** Copies a file that is about to change, and records it before it changes, so that a crash cannot lose it. */
  async #remember(record: RestoreRecord, { path, before, mode, after }: PlannedWrite): Promise<void> {
    const known = record.find(path);
    const written = sha256(after);
    if (known) {
      if (before && sha256(before) !== known.written) await this.#keep(path, before);
      record.put({ ...known, written });
    } else {
      const folders = before ? [] : await missingFolders(path);
      const original = `${basename(path)}.original-${sha256(Buffer.from(path)).slice(0, 8)}`;
      if (before) await writeFileAtomically(join(this.#folder, original), before, PRIVATE);
      record.put({ path, written, folders, ...(before && { original, mode }) });
    }
    await record.save();
  }

  async #putBack({ path, original, mode, written, folders }: RestoredFile): Promise<Restored> {
    const now = await readIfPresent(path);
    const kept = now && sha256(now) !== written ? await this.#keep(path, now) : undefined;
    const note = kept === undefined ? {} : { kept };
    if (original === undefined) {
      await rm(path, { force: true });
      for (const folder of folders.toReversed()) await removeIfEmpty(folder);
      return { path, action: 'removed', ...note };
    }
    const bytes = await readRegularFile(join(this.#folder, original), MAX_FILE_BYTES);
    await writeWithMode(path, bytes, mode ?? PRIVATE);
    return { path, action: 'restored', ...note };
  }

  /** @returns the path of the copy */
  async #keep(path: string, bytes: Buffer): Promise<string> {
    const name = basename(path);
    const copy = join(this.#folder, `${name}.${Math.floor(Date.now() / MS_PER_SECOND)}`);
    await writeFileAtomically(copy, bytes, PRIVATE);
    const dated = (await readdir(this.#folder)).filter(
      (entry) => entry.startsWith(`${name}.`) && /^\d+$/.test(entry.slice(name.length + 1)),
    );
    for (const old of dated.sort().slice(0, -KEPT_COPIES)) await rm(join(this.#folder, old), { force: true });
    return copy;
  }
}

async function plan({
  path: asked,
  seed,
  change,
  mayStayMissing = false,
}: FileChange): Promise<PlannedWrite> {
  const path = await followLinks(asked);
  const before = await readIfPresent(path);
  const start = before ?? (seed === undefined ? undefined : await readIfPresent(seed));
  const after = Buffer.from(change(textOf(start ?? Buffer.alloc(0), asked)));
  const mode = before ? (await stat(path)).mode & PERMISSIONS : PRIVATE;
  return { path, before, mode, after, isOptional: mayStayMissing };
}

function textOf(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const message = `${path} was not changed, because it is not UTF-8 text: correct the file, or move it away`;
    throw new OllamaError('invalid-request', message, { cause: error });
  }
}

/** A file that is replaced must not replace the link to it. */
async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const isLink = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!isLink) return path;
  const message = `${path} is a link to a file that does not exist: remove the link, or put the file back`;
  throw new OllamaError('invalid-request', message);
}

async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, MAX_FILE_BYTES);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeWithMode(path: string, bytes: Buffer, mode: number): Promise<void> {
  await writeFileAtomically(path, bytes, mode);
  // The umask may have taken some permissions of a file that others may write.
  if (((await stat(path)).mode & PERMISSIONS) !== mode) await chmod(path, mode);
}

async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const exists = await stat(folder).then(
      () => true,
      () => false,
    );
    if (exists) break;
    missing.unshift(folder);
  }
  return missing;
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const isHarmless = ['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemCode(error) ?? '');
    if (!isHarmless) throw error;
  }
}
