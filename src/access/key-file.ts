import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { type Release, tryLockFile } from '../store/lock-file.ts';
import type { KeyChange } from './key-changes.ts';
import type { KeyRecord } from './key-record.ts';
import { decodeKeys, encodeKeys } from './stored-keys.ts';

/** The most keys with a dozen patterns each; a larger file is not ours. */
const MAX_FILE_BYTES = 16 * MIB;
const OWNER_ONLY = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
/** A change takes milliseconds. */
const LOCK_POLL_MS = 20;
/** Who holds the lock for longer is stuck. */
const LOCK_WAIT_MS = 10_000;

/** The system lacks something for a moment, and the file may be as good as before. */
const passingCodes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EBUSY', 'ESTALE']);

/** The file with the keys cannot be used. The message names it and says why. */
export class KeyFileError extends OllamaError {
  /** Whether reading it again soon may succeed. */
  readonly isPassing: boolean;

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof SyntaxError ? 'it is not JSON' : messageOf(cause);
    super('internal', `the key file ${path} cannot be used: ${reason}`, { cause, status: 503 });
    this.isPassing = passingCodes.has(systemCode(cause) ?? '');
  }
}

/** `keys.json` in the user's folder: every key but those of the config file. Processes share it. */
export class KeyFile {
  readonly path: string;
  /** What the file held when it was last read or written: to decode thousands of keys again would hold up the server. */
  #last: { readonly bytes: Uint8Array; readonly records: readonly KeyRecord[] } | undefined;
  /** The changes of this process, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  /** @param folder the user's own, "~/.ollama" */
  constructor(folder: string) {
    this.path = join(folder, 'keys.json');
  }

  /**
   * @returns undefined when there is no file
   * @throws KeyFileError
   */
  async read(): Promise<readonly KeyRecord[] | undefined> {
    try {
      const bytes = await readRegularFile(this.path, MAX_FILE_BYTES);
      if (this.#last && bytes.equals(this.#last.bytes)) return this.#last.records;
      const records = await decodeKeys(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      this.#last = { bytes, records };
      return records;
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
      throw new KeyFileError(this.path, error);
    }
  }

  /** Whether somebody else could add keys. Windows has other permissions, which Node does not report. */
  async isWritableByOthers(platform: NodeJS.Platform = process.platform): Promise<boolean> {
    if (platform === 'win32') return false;
    const facts = await stat(this.path).catch(() => undefined);
    return facts !== undefined && (facts.mode & WRITABLE_BY_OTHERS) !== 0;
  }

  /**
   * Reads, changes and writes the file while no other process does.
   * @throws KeyFileError, the errors of `change`; OllamaError `busy` when another process holds the file for long,
   *   `storage-full`, `storage-read-only`
   */
  update<Change extends KeyChange>(change: (records: readonly KeyRecord[]) => Change): Promise<Change> {
    const updated = this.#changes.then(() => this.#update(change));
    this.#changes = updated.catch(() => undefined);
    return updated;
  }

  async #update<Change extends KeyChange>(
    change: (records: readonly KeyRecord[]) => Change,
  ): Promise<Change> {
    const release = await this.#lock();
    try {
      const changed = change((await this.read()) ?? []);
      const bytes = Buffer.from(encodeKeys(changed.records));
      await writeFileAtomically(this.path, bytes, OWNER_ONLY);
      this.#last = { bytes, records: changed.records };
      return changed;
    } finally {
      await release();
    }
  }

  async #lock(): Promise<Release> {
    const deadline = performance.now() + LOCK_WAIT_MS;
    for (;;) {
      const release = await tryLockFile(`${this.path}.lock`);
      if (release) return release;
      if (performance.now() > deadline) {
        throw new OllamaError('busy', `another process has held ${this.path} for long: try again later`);
      }
      await pause(LOCK_POLL_MS);
    }
  }
}
