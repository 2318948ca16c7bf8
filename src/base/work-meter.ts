/** Why untrusted code was stopped: it needs more time or memory than it may have. */
export class OverLimit extends Error {}

export interface WorkLimits {
  /** Units of work; one takes about a quarter of a microsecond. */
  readonly steps: number;
  /** Bytes of all texts and lists that are made, whether they are still in use or not. */
  readonly bytes: number;
  /** From the first step that is counted. */
  readonly milliseconds: number;
}

/** What one step copies, compares or searches; an escape per character is ten times as slow, and counts itself. */
const CHARACTERS_PER_STEP = 32;
/** A character takes one or two bytes; which of them is not known. */
const BYTES_PER_CHARACTER = 2;
/** Reading the clock takes as long as a few steps. */
const STEPS_PER_LOOK = 512;
const BYTES_PER_MIB = 2 ** 20;

/**
 * Counts the work of one run of untrusted code on this thread. Whoever runs the code reports what it does before it does it, so that
 * no single call takes long or takes much memory.
 */
export class WorkMeter {
  readonly #limits: WorkLimits;
  readonly #now: () => number;
  readonly #start: number;
  #steps = 0;
  #nextLook = STEPS_PER_LOOK;
  #bytes = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(limits: WorkLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#start = now();
  }

  /** @throws OverLimit */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps < this.#nextLook) return;
    this.#nextLook = this.#steps + STEPS_PER_LOOK;
    const { steps, milliseconds } = this.#limits;
    if (this.#steps > steps) throw new OverLimit(`it takes more than ${steps} steps`);
    if (this.#now() - this.#start > milliseconds) {
      throw new OverLimit(`it takes longer than ${milliseconds} ms`);
    }
  }

  /** Counts a text or list that is read from beginning to end. @throws OverLimit */
  read(characters: number): void {
    if (characters >= CHARACTERS_PER_STEP) this.step(Math.floor(characters / CHARACTERS_PER_STEP));
  }

  /** Counts bytes that are made. @throws OverLimit */
  allocate(bytes: number): void {
    this.ensure(bytes);
    this.#bytes += bytes;
  }

  /** Counts bytes as made no longer, because nothing refers to them any more. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Refuses what needs this many bytes for the length of a call. @throws OverLimit */
  ensure(bytes: number): void {
    const limit = this.#limits.bytes;
    if (!(this.#bytes + bytes <= limit)) {
      throw new OverLimit(`it makes more than ${limit / BYTES_PER_MIB} MiB of text`);
    }
  }

  /** Counts a text that is about to be made. @throws OverLimit */
  write(characters: number): void {
    this.allocate(characters * BYTES_PER_CHARACTER);
    this.read(characters);
  }

  /** Counts a text that has been made, and returns it. @throws OverLimit */
  made(text: string): string {
    this.write(text.length);
    return text;
  }
}
