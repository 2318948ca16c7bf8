import { type BigIntStats, lstatSync } from 'node:fs';
import { statfs } from 'node:fs/promises';

/**
 * `f_type` of Linux's file systems (statfs(2)) that never wait for a network or another process. Any other type may: NFS,
 * SMB, Ceph, 9P, FUSE.
 */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0x01021994, // tmpfs
  0x794c7630, // overlayfs, as in containers
  0xca451a4e, // bcachefs
]);

/** A folder may become the place of another file system while the server runs; it is looked at again after this time. */
const CHECK_AGAIN_MS = 10_000;

export function isLocalType(type: number): boolean {
  return localTypes.has(type);
}

/**
 * Asks for facts of a folder's files on the JavaScript thread, where that takes a few microseconds: on a local disk. By
 * way of the thread pool, it takes several times as long, and each request needs a few of them. On any other file system,
 * it could stop the whole server.
 */
export class LocalFolder {
  readonly #folder: string;
  readonly #now: () => number;
  #isLocal = false;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that never goes back */
  constructor(folder: string, now: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#now = now;
  }

  /**
   * Facts of a file, or of a link itself; undefined when there is nothing at the path. "unknown" when they must be asked
   * for by way of the thread pool.
   */
  facts(path: string): BigIntStats | undefined | 'unknown' {
    const now = this.#now();
    if (now - this.#checkedAt > CHECK_AGAIN_MS) {
      this.#checkedAt = now;
      void this.#check();
    }
    if (!this.#isLocal) return 'unknown';
    try {
      return lstatSync(path, { bigint: true, throwIfNoEntry: false });
    } catch {
      return 'unknown';
    }
  }

  /** Facts of a regular file; "unknown" also for a link, which may lead to another file system. */
  fileFacts(path: string): BigIntStats | undefined | 'unknown' {
    const facts = this.facts(path);
    return facts === undefined || facts === 'unknown' || facts.isFile() ? facts : 'unknown';
  }

  async #check(): Promise<void> {
    try {
      this.#isLocal = isLocalType((await statfs(this.#folder)).type);
    } catch {
      this.#isLocal = false;
    }
  }
}
