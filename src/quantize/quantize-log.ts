/** Parses what llama.cpp's quantizer writes to standard error: finished tensors, and the reason for a failure. */

/** Longer lines are cut, so that a broken child cannot fill our memory. */
const MAX_LINE_LENGTH = 2000;
const KEPT_FAILURES = 2;

/** "[  12/ 272] blk.0.attn_q.weight - [...] ... size = 1.00 MiB -> 0.28 MiB" */
const tensorPattern = /^\[ *\d+\/ *\d+\] (\S+) .*size = /;
const reasonPattern = /failed to quantize: (.+)$/;
const failurePattern = /GGML_ASSERT|terminate called|what\(\)|^error: |bad_alloc|cannot allocate memory/;

export class QuantizeLog {
  readonly #onTensor: (name: string) => void;
  readonly #failures: string[] = [];
  #reason: string | undefined;
  #partial = '';

  /** @param onTensor called with the name of each tensor that was written */
  constructor(onTensor: (name: string) => void) {
    this.#onTensor = onTensor;
  }

  push(chunk: string): void {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) this.#read(line.slice(0, MAX_LINE_LENGTH));
  }

  /** Reason for the failure, from llama.cpp or from a crash; undefined when none was reported. */
  get reason(): string | undefined {
    return this.#reason ?? (this.#failures.join('; ') || undefined);
  }

  #read(line: string): void {
    const [, name] = tensorPattern.exec(line) ?? [];
    if (name !== undefined) this.#onTensor(name);
    this.#reason = reasonPattern.exec(line)?.[1] ?? this.#reason;
    if (!failurePattern.test(line)) return;
    this.#failures.push(line.replace(/^error: /, '').trim());
    if (this.#failures.length > KEPT_FAILURES) this.#failures.shift();
  }
}
