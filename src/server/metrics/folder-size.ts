import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Far more than a budget of conversations has room for; the rest of such a folder is not counted. */
const MOST_FILES = 10_000;
/** Looking at thousands of files is not free, and the size changes when models are unloaded. */
const REFRESH_MS = 60_000;

/** The bytes of the files in the subfolders of a folder, looked up again from time to time when somebody asks. */
export class FolderSize {
  readonly #folder: string;
  readonly #now: () => number;
  #bytes: number | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param now returns milliseconds of a monotonic clock */
  constructor(folder: string, now: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#now = now;
  }

  /** What was found last, at once; undefined before anything was. Looks again behind the scenes if that is long ago. */
  get bytes(): number | undefined {
    if (this.#now() - this.#lookedAt >= REFRESH_MS) void this.refresh();
    return this.#bytes;
  }

  /** Never rejects: what cannot be read has no size. */
  async refresh(): Promise<void> {
    this.#lookedAt = this.#now();
    let bytes = 0;
    let files = 0;
    for (const subfolder of await namesIn(this.#folder)) {
      for (const name of await namesIn(join(this.#folder, subfolder))) {
        if (++files > MOST_FILES) break;
        const facts = await lstat(join(this.#folder, subfolder, name)).catch(() => undefined);
        if (facts?.isFile()) bytes += facts.size;
      }
    }
    this.#bytes = bytes;
  }
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
