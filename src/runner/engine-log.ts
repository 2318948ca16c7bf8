/**
 * Reads the engine's standard error line by line: keeps what explains a failure, adds up the buffers that it says
 * it allocated, and drops the thousands of lines nobody needs.
 */

/** Lines kept to be quoted in an error. */
const KEPT_LINES = 8;
/** A line longer than this is cut, so that a broken child cannot fill our memory. */
const MAX_LINE_LENGTH = 2000;

const failurePattern =
  /error|failed|GGML_ASSERT|unsupported|unknown model architecture|out of memory|not enough memory|terminate called|exception|requires flash_attn|does not divide/i;
/** What the engine says when we cut a step short on purpose. */
const harmlessPattern = /set_abort_callback|failed with error 1$|compute status: 1$|ret = 2$/;
const bufferPattern = /\b(\S+)\s+(model|KV|RS|LoRA|compute|output)\s+buffer size\s*=\s*([\d.]+) MiB/;
/** A buffer that the system did not give, in bytes or in MiB. */
const refusedPattern = /failed to allocate\b.*\bbuffer of size ([\d.]+)( MiB)?/;
/** The weights were to stay in memory, and the system did not allow it; loading goes on. */
const lockPattern = /failed to (?:mlock|VirtualLock) (\d+)-byte buffer/;
const hostBufferPattern = /^(CPU|BLAS)|_Host$/;

const BYTES_PER_MEBIBYTE = 1024 * 1024;

export interface EngineMemory {
  readonly totalBytes: number;
  readonly gpuBytes: number;
}

export class EngineLog {
  readonly #failures: string[] = [];
  readonly #waiters = new Map<string, () => void>();
  #partial = '';
  #totalBytes = 0;
  #gpuBytes = 0;
  #hostWeightBytes = 0;
  #refusedBytes: number | undefined;
  #lockFailed = false;

  /** Calls back once when a line equals this text. */
  onLine(text: string, callback: () => void): void {
    this.#waiters.set(text, callback);
  }

  push(chunk: string): void {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) this.#read(line);
  }

  /** The newest lines that speak of a failure, oldest first. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Sum of all buffers reported so far. */
  get memory(): EngineMemory {
    return { totalBytes: Math.round(this.#totalBytes), gpuBytes: Math.round(this.#gpuBytes) };
  }

  /**
   * The same once all is loaded. Weights that the engine copies into another order, the better to compute with them,
   * are reported twice, in the mapped file and as the copy: in host memory a model has no more than its weights.
   * @param weightBytes of all of the model's tensors
   */
  memoryWith(weightBytes: number): EngineMemory {
    const { totalBytes, gpuBytes } = this.memory;
    const repeated = Math.max(0, Math.round(this.#hostWeightBytes) - weightBytes);
    return { totalBytes: weightBytes > 0 ? totalBytes - repeated : totalBytes, gpuBytes };
  }

  /** Bytes of the largest buffer that the system refused to give. */
  get refusedBytes(): number | undefined {
    return this.#refusedBytes;
  }

  /** True when weights could not be locked in memory. */
  get lockFailed(): boolean {
    return this.#lockFailed;
  }

  #read(text: string): void {
    const line = text.trim().slice(0, MAX_LINE_LENGTH);
    this.#waiters.get(line)?.();
    const buffer = bufferPattern.exec(line);
    if (buffer) {
      const [, device = '', kind, size] = buffer;
      this.#count(device, kind === 'model', Number(size) * BYTES_PER_MEBIBYTE);
    }
    if (lockPattern.test(line)) {
      this.#lockFailed = true;
      return;
    }
    const refused = refusedPattern.exec(line);
    if (refused) this.#refuse(Number(refused[1]) * (refused[2] ? BYTES_PER_MEBIBYTE : 1));
    if (!failurePattern.test(line) || harmlessPattern.test(line)) return;
    this.#failures.push(line);
    if (this.#failures.length > KEPT_LINES) this.#failures.shift();
  }

  #refuse(bytes: number): void {
    if (Number.isFinite(bytes)) this.#refusedBytes = Math.max(bytes, this.#refusedBytes ?? 0);
  }

  #count(device: string, isWeights: boolean, bytes: number): void {
    if (!Number.isFinite(bytes)) return;
    this.#totalBytes += bytes;
    if (!hostBufferPattern.test(device)) this.#gpuBytes += bytes;
    else if (isWeights) this.#hostWeightBytes += bytes;
  }
}
