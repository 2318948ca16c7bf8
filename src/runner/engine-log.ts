/**
 * Reads the engine's standard error line by line: keeps what explains a failure, adds up the buffers that the engine
 * logs, and drops the thousands of lines that are not needed.
 */
import { MIB } from '../base/units.ts';
import { draftsMarker, layoutMarker } from '../protocol/frames.ts';
import { overrunRequest } from '../protocol/overrun-line.ts';
import { BufferSizes } from './buffer-sizes.ts';

/** Number of lines kept for quoting in an error. */
const KEPT_LINES = 8;
/** A longer line is cut, so that a broken child cannot fill our memory. */
const MAX_LINE_LENGTH = 2000;

const failurePattern =
  /error|failed|GGML_ASSERT|unsupported|unknown model architecture|out of memory|not enough memory|terminate called|exception|requires flash_attn|does not divide/i;
/** What the engine logs when we cut a step short on purpose. */
const harmlessPattern = /set_abort_callback|failed with error 1$|compute status: 1$|ret = 2$/;
/** A buffer that the system refused to allocate, in bytes or in MiB. */
const refusedPattern = /failed to allocate\b.*\bbuffer of size ([\d.]+)( MiB)?/;
/** The weights should have been locked in memory, but the system did not allow it; loading continues. */
const lockPattern = /failed to (?:mlock|VirtualLock) (\d+)-byte buffer/;
const BYTES_PER_MEBIBYTE = MIB;

export class EngineLog {
  readonly #failures: string[] = [];
  readonly #waiters = new Map<string, () => void>();
  #partial = '';
  readonly #buffers = new BufferSizes();
  #refusedBytes: number | undefined;
  #lockFailed = false;
  #overrunRequest: number | undefined;

  /** Calls back once when a line equals this text. */
  onLine(text: string, callback: () => void): void {
    this.#waiters.set(text, callback);
  }

  /**
   * Calls back once all lines of a load have been read, and tells its parts apart until then.
   * @param marker the line after all of them, as the load frame states it
   */
  followLoad(marker: string, onEnd: () => void): void {
    this.onLine(draftsMarker(marker), () => this.#buffers.beginDrafts());
    this.onLine(layoutMarker(marker), () => this.#buffers.ignore());
    this.onLine(marker, onEnd);
  }

  push(chunk: string): void {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) this.#read(line);
  }

  /** The newest lines that report a failure, oldest first. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** The buffers reported so far. */
  get buffers(): BufferSizes {
    return this.#buffers;
  }

  /** Size in bytes of the largest buffer that the system refused to allocate. */
  get refusedBytes(): number | undefined {
    return this.#refusedBytes;
  }

  /** True when the weights could not be locked in memory. */
  get lockFailed(): boolean {
    return this.#lockFailed;
  }

  /** The request whose grammar made the child end itself. */
  get overrunRequest(): number | undefined {
    return this.#overrunRequest;
  }

  #read(text: string): void {
    const line = text.trim().slice(0, MAX_LINE_LENGTH);
    this.#overrunRequest ??= overrunRequest(line);
    this.#waiters.get(line)?.();
    this.#buffers.read(line);
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
}
