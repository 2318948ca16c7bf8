import { closeSync, readSync } from 'node:fs';
import { OllamaError } from '../../../base/errors.ts';
import { openRegularFileSync } from '../../../base/regular-file.ts';
import { KIB } from '../../../base/units.ts';

/** Files that are open at a time. A tensor of stacked experts may come from several of a hundred files. */
const OPEN_FILES = 32;
/** Reads below this size are served from a window, because a call of the system costs as much as copying as many bytes. */
const SMALL_READ = 4 * KIB;
const WINDOW_BYTES = 64 * KIB;

/** Reads ranges of files, the bytes of which were checked to exist when the plan was made. */
export class FileRanges {
  /** Descriptors by path, the one used longest ago first. */
  readonly #open = new Map<string, number>();
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #windowPath = '';
  #windowStart = 0;
  #windowEnd = 0;

  /**
   * Fills `target` from byte `start` of a file.
   * @throws OllamaError `invalid-request` when the file ends before; NotRegularFileError; system errors
   */
  read(path: string, start: number, target: Uint8Array): void {
    if (target.length >= SMALL_READ) {
      const done = this.#fill(path, start, target);
      if (done < target.length) throw endsEarly(path);
      return;
    }
    const isInWindow =
      path === this.#windowPath && start >= this.#windowStart && start + target.length <= this.#windowEnd;
    if (!isInWindow) this.#moveWindow(path, start, target.length);
    const at = start - this.#windowStart;
    target.set(this.#window.subarray(at, at + target.length));
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
    this.#windowPath = '';
  }

  #moveWindow(path: string, start: number, needed: number): void {
    this.#windowPath = '';
    const done = this.#fill(path, start, this.#window);
    if (done < needed) throw endsEarly(path);
    this.#windowPath = path;
    this.#windowStart = start;
    this.#windowEnd = start + done;
  }

  /** @returns number of bytes read; fewer than the target has if the file ends */
  #fill(path: string, start: number, target: Uint8Array): number {
    const descriptor = this.#descriptorOf(path);
    let done = 0;
    while (done < target.length) {
      const bytesRead = readSync(descriptor, target, done, target.length - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  #descriptorOf(path: string): number {
    const known = this.#open.get(path);
    if (known !== undefined) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return known;
    }
    for (const [oldest, descriptor] of this.#open) {
      if (this.#open.size < OPEN_FILES) break;
      closeSync(descriptor);
      this.#open.delete(oldest);
    }
    const descriptor = openRegularFileSync(path);
    this.#open.set(path, descriptor);
    return descriptor;
  }
}

function endsEarly(path: string): OllamaError {
  return new OllamaError('invalid-request', `${path} became shorter while it was read: import it again`);
}
