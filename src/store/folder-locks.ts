import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { explainStorageError } from '../base/atomic-file.ts';
import { OllamaError, throwIfCanceled } from '../base/errors.ts';
import { removeLeftovers } from '../base/leftovers.ts';
import { listFolder } from './folder.ts';
import { isHeld, type Release, removeStale, tryLockFile } from './lock-file.ts';

/** Names under which lock files are written before they get their own name, and moved away after a crash. */
const temporaryLockPattern = /\.[0-9a-f]{32}$/;
/** Locking a file takes milliseconds. No lock protects its temporary file meanwhile. */
const LEFTOVER_MS = 60_000;
const POLL_MS = 50;
/** Removing files takes seconds at most; a process that holds the lock for longer is stuck. */
const MAX_WAIT_MS = 60_000;
const usePattern = /^use-[0-9a-f]{32}$/;
const turnPattern = /^turn-(\d+)-[0-9a-f]{32}$/;

/** The place of a process in the line of those that want to remove. */
interface Turn {
  readonly name: string;
  readonly number: number;
}

/**
 * Lets the processes that share a models folder add and remove blobs concurrently. A process that adds blobs holds a file
 * `use-<token>` until a manifest names them. A process that removes blobs holds `remove`, and removes nothing while
 * another one adds. Each creates its own file before it looks for the other's, so at least one of the two sees the other.
 *
 * Nobody waits for luck. While a process adds, or waits to add, the others do not even try to remove. Processes that want to
 * remove take turns: each draws a number, `turn-<number>-<token>`, and tries the lock when no living process has a lower one.
 */
export class FolderLocks {
  readonly #folder: string;
  /** The last removal of this process. They take turns, instead of competing for the lock file. */
  #lastRemoval: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** While this lock is held, no process removes blobs that no manifest names. */
  async use(signal?: AbortSignal): Promise<Release> {
    const release = await this.#lockOwn(`use-${randomBytes(16).toString('hex')}`);
    try {
      await this.#until(async () => !(await isHeld(this.#removal)), signal);
      return release;
    } catch (error) {
      await release();
      throw error;
    }
  }

  /**
   * Does the removal unless a process is adding blobs.
   * @returns whether the work was done
   */
  remove(work: () => Promise<void>): Promise<boolean> {
    const removal = this.#lastRemoval.then(() => this.#remove(work));
    this.#lastRemoval = removal.catch(() => undefined);
    return removal;
  }

  async #remove(work: () => Promise<void>): Promise<boolean> {
    if (await this.#isUsed()) return false;
    const release = await this.#lockRemoval();
    try {
      if (await this.#isUsed()) return false;
      await work();
      return true;
    } finally {
      await release();
    }
  }

  /**
   * Runs work of the same name one at a time across all processes.
   * @param onWait called repeatedly while another process holds the lock
   */
  async exclusive<T>(
    name: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
    onWait?: () => Promise<void>,
  ): Promise<T> {
    let release: Release | undefined;
    for (;;) {
      throwIfCanceled(signal);
      release = await tryLockFile(join(this.#folder, name));
      if (release) break;
      await onWait?.();
      await pause(POLL_MS * 4);
    }
    try {
      return await work();
    } finally {
      await release();
    }
  }

  /**
   * Removes the files of processes that were killed.
   * @param wanted milliseconds since the epoch; newer files may still be in use
   */
  async removeLeftovers(wanted: number): Promise<void> {
    const before = Math.min(wanted, Date.now() - LEFTOVER_MS);
    await removeLeftovers(this.#folder, before, temporaryLockPattern);
    for (const name of await listFolder(this.#folder)) {
      const path = join(this.#folder, name);
      const facts = await lstat(path).catch(() => undefined);
      const isOld = facts?.isFile() === true && facts.mtimeMs < before;
      if (isOld && !(await isHeld(path))) await removeStale(path);
    }
  }

  async #lockRemoval(): Promise<Release> {
    try {
      await mkdir(this.#folder, { recursive: true }).catch((error: unknown) => {
        throw explainStorageError(error, this.#folder);
      });
      return await this.#inTurn();
    } catch (error) {
      // On a full disk no process can begin to add blobs either, and removing some is the way out.
      if (!(error instanceof OllamaError) || error.code !== 'storage-full') throw error;
      return async () => undefined;
    }
  }

  /** Locks the removal when all processes that asked for it before have had it. */
  async #inTurn(): Promise<Release> {
    const number = Math.max(0, ...(await this.#turns()).map((turn) => turn.number)) + 1;
    const own = { name: `turn-${number}-${randomBytes(16).toString('hex')}`, number };
    const leave = await this.#lockOwn(own.name);
    let release: Release | undefined;
    try {
      await this.#until(async () => {
        if (await this.#isTurnOf(own)) release = await tryLockFile(this.#removal);
        return release !== undefined;
      });
    } finally {
      await leave();
    }
    return release ?? (async () => undefined);
  }

  async #turns(): Promise<Turn[]> {
    return (await listFolder(this.#folder)).flatMap((name) => {
      const [, number] = turnPattern.exec(name) ?? [];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    });
  }

  /** Equal numbers, drawn at the same time, go by their tokens. */
  async #isTurnOf(own: Turn): Promise<boolean> {
    for (const other of await this.#turns()) {
      const isLater = other.number > own.number || (other.number === own.number && other.name >= own.name);
      if (isLater) continue;
      if (await this.#isHeldOrRemoved(other.name)) return false;
    }
    return true;
  }

  /** Creates a lock file whose name no other process uses. */
  async #lockOwn(name: string): Promise<Release> {
    const release = await tryLockFile(join(this.#folder, name));
    if (release) return release;
    throw new OllamaError('internal', `two locks in ${this.#folder} have the same name: try again`);
  }

  get #removal(): string {
    return join(this.#folder, 'remove');
  }

  async #isUsed(): Promise<boolean> {
    for (const name of await listFolder(this.#folder)) {
      if (usePattern.test(name) && (await this.#isHeldOrRemoved(name))) return true;
    }
    return false;
  }

  /** For locks whose names are used only once, so that no other process can have taken over what a dead one left. */
  async #isHeldOrRemoved(name: string): Promise<boolean> {
    const path = join(this.#folder, name);
    if (await isHeld(path)) return true;
    await rm(path, { force: true });
    return false;
  }

  async #until(isDone: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
    for (let waited = 0; !(await isDone()); waited += POLL_MS) {
      throwIfCanceled(signal);
      if (waited >= MAX_WAIT_MS) {
        const message = `another program has been removing files for over a minute: if none is running, delete ${this.#removal}`;
        throw new OllamaError('busy', message);
      }
      await pause(POLL_MS);
    }
  }
}
