/**
 * Chooses how many threads to decode with while other programs (or other models) are using the processor too.
 *
 * llama.cpp's threads meet at a barrier hundreds of times per token and spin while they wait. With more threads than
 * free cores, each barrier waits for a thread that is not running: two models with two threads each on two cores were
 * measured at 3 tokens/s each, with one thread each at 70. So the governor uses fewer threads when they do not get
 * their cores, and more when cores are idle again.
 */

/** Decode time that one decision is based on: several steps of a small model, one step of a large one. */
const WINDOW_MS = 200;
/**
 * Threads that got less than this share of their time were waiting for cores. One other busy program on two cores
 * leaves two threads a share of 0.67; our own server and its client leave 0.8 or more.
 */
const CONTENDED_SHARE = 0.72;
/** A core counts as free when it was idle for this share of the window; the server and its client need the rest. */
const IDLE_SHARE = 0.35;

export interface DecodeTime {
  readonly wallMs: number;
  /** Processor time of this process, all threads together. */
  readonly cpuMs: number;
}

export class ThreadGovernor {
  readonly #most: number;
  readonly #idleCores: () => number;
  #threads: number;
  #wallMs = 0;
  #cpuMs = 0;

  /**
   * @param most number of threads to use on an idle machine
   * @param idleCores returns the number of cores that were idle since its last call, as a fraction (1.5 = one and a
   * half)
   * @param freeCores number of cores that nothing else is using now, where that is known
   */
  constructor(most: number, idleCores: () => number, freeCores = most) {
    this.#most = most;
    this.#threads = Math.max(1, Math.min(most, freeCores));
    this.#idleCores = idleCores;
  }

  get threads(): number {
    return this.#threads;
  }

  /**
   * Starts a busy period. The number of threads learned in the last one still applies unless the machine has become
   * free.
   */
  begin(freeCores: number | undefined): void {
    if (freeCores !== undefined && freeCores >= this.#most) this.#threads = this.#most;
    this.#wallMs = 0;
    this.#cpuMs = 0;
    if (this.#threads < this.#most) this.#idleCores();
  }

  /** Takes one decode into account and, at the end of a window, adjusts `threads`. */
  record({ wallMs, cpuMs }: DecodeTime): void {
    this.#wallMs += wallMs;
    this.#cpuMs += cpuMs;
    if (this.#wallMs < WINDOW_MS) return;
    const coresUsed = this.#cpuMs / this.#wallMs;
    this.#wallMs = 0;
    this.#cpuMs = 0;
    if (coresUsed < this.#threads * CONTENDED_SHARE) this.#lower(coresUsed);
    else if (this.#threads < this.#most) this.#raise();
  }

  #lower(coresUsed: number): void {
    if (this.#threads === 1) return;
    this.#threads = Math.max(1, Math.min(this.#threads - 1, Math.floor(coresUsed)));
    // Starts the measurement of idle cores that decides when to use more threads again.
    this.#idleCores();
  }

  #raise(): void {
    const free = Math.floor(this.#idleCores() + (1 - IDLE_SHARE));
    this.#threads = Math.min(this.#most, this.#threads + Math.max(0, free));
  }
}
