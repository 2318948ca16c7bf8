/** Sends the lines of one batch, many at a time, and writes their results in the order of the lines. */
import type { BatchEndpoint } from '../api/batches.ts';
import type { Clock } from '../base/clock.ts';
import { isCancellation, messageOf, OllamaError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { SentLine } from './give-way.ts';
import { afterReply } from './line-policy.ts';
import { OrderedResults, type WrittenResult } from './ordered-results.ts';
import type { PreparedInput, PreparedLine } from './prepared-input.ts';
import type { LineHead } from './prepared-line.ts';
import type { ResultFile } from './result-file.ts';
import { type LineError, type LineReply, resultLine } from './result-line.ts';
import type { LinesAtOnce, SendLine, SentReply } from './send-line.ts';

/** Why a run ended. `stopped` = the server ends, and the batch goes on with the next one. */
export type RunEnd = 'done' | 'expired' | 'cancelled' | 'stopped';

export interface BatchRunParts {
  readonly id: string;
  readonly endpoint: BatchEndpoint;
  readonly owner: string;
  /** Number of its lines. */
  readonly total: number;
  readonly input: Pick<PreparedInput, 'next' | 'body'>;
  readonly replies: Pick<ResultFile, 'append' | 'answered'>;
  readonly errors: Pick<ResultFile, 'append' | 'answered'>;
  readonly send: SendLine;
  readonly linesAtOnce: LinesAtOnce;
  readonly clock: Clock;
  /** Called after each result that was written. */
  readonly onResult: (isError: boolean) => void;
}

/** Results that wait for an earlier line: a line that takes long must not let others fill the memory. */
const MAX_OPEN = 512;
const MAX_HELD_CHARACTERS = 64 * MIB;
/** Bytes of the bodies that are sent at the same time, unless one alone has more. */
const MAX_SENT_BYTES = 64 * MIB;

/** Lines that are worth another load of a model, with more slots. */
const LARGE_BATCH = 64;

interface Sent extends SentLine {
  readonly line: PreparedLine;
  readonly abort: AbortController;
  readonly failures: number;
}

/** A line that must be sent again. */
interface Again {
  readonly line: PreparedLine;
  readonly failures: number;
  readonly givenWay: number;
  /** By the clock for durations. */
  readonly notBefore: number;
}

export class BatchRun {
  readonly #parts: BatchRunParts;
  readonly #results = new OrderedResults();
  readonly #sent = new Map<number, Sent>();
  #again: Again[] = [];
  #sentBytes = 0;
  #refusals = 0;
  #pausedUntil = 0;
  #isRead = false;
  #end: RunEnd | undefined;
  /** What ends the run as a failure. */
  #failure: unknown;
  /** Whether something has happened since the last look. */
  #isDue = false;
  #wake: (() => void) | undefined;
  /** Appends, one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(parts: BatchRunParts) {
    this.#parts = parts;
  }

  get owner(): string {
    return this.#parts.owner;
  }

  /** The lines that wait for their replies. */
  get sent(): readonly SentLine[] {
    return [...this.#sent.values()];
  }

  /** A line that was sent gives its place to somebody else, and is sent again later. */
  giveWay(index: number): void {
    const sent = this.#sent.get(index);
    if (!sent) return;
    this.#forget(sent);
    this.#again.unshift({ ...sent, givenWay: sent.givenWay + 1, notBefore: this.#parts.clock.now() });
    sent.abort.abort();
  }

  /** Ends the run early. Results that are known are written. */
  stop(end: Exclude<RunEnd, 'done'>): void {
    this.#end ??= end;
    for (const { abort } of this.#sent.values()) abort.abort();
    this.#notice();
  }

  #notice(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  /**
   * @throws OllamaError of the disk, or `unauthorized` when the owner's key is gone
   */
  async run(): Promise<RunEnd> {
    try {
      await this.#sendAll();
    } finally {
      for (const { abort } of this.#sent.values()) abort.abort();
      await this.#written;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#end !== undefined && this.#end !== 'stopped') await this.#append(this.#results.rest());
    if (this.#end === 'expired') await this.#expire();
    return this.#end ?? 'done';
  }

  async #sendAll(): Promise<void> {
    while (this.#end === undefined && this.#failure === undefined && !this.#isDone()) {
      const next = this.#hasRoom() ? await this.#next() : undefined;
      if (next) await this.#begin(next);
      else if (!this.#isDone()) await this.#somethingToDo();
    }
  }

  #isDone(): boolean {
    return this.#isRead && this.#again.length === 0 && this.#results.open === 0;
  }

  #hasRoom(): boolean {
    const { clock, linesAtOnce, owner } = this.#parts;
    return (
      clock.now() >= this.#pausedUntil &&
      this.#sent.size < linesAtOnce(owner) &&
      (this.#sentBytes < MAX_SENT_BYTES || this.#sent.size === 0) &&
      this.#results.heldCharacters < MAX_HELD_CHARACTERS
    );
  }

  async #next(): Promise<Again | undefined> {
    const now = this.#parts.clock.now();
    const ready = this.#again.findIndex(({ notBefore }) => notBefore <= now);
    if (ready >= 0) return this.#again.splice(ready, 1)[0];
    if (this.#isRead || this.#results.open >= MAX_OPEN) return undefined;
    const line = await this.#unanswered();
    if (!line) return undefined;
    this.#results.begin(line.index);
    return { line, failures: 0, givenWay: 0, notBefore: now };
  }

  async #unanswered(): Promise<PreparedLine | undefined> {
    const { input, replies, errors } = this.#parts;
    for (let line = await input.next(); line; line = await input.next()) {
      if (!replies.answered.has(line.index) && !errors.answered.has(line.index)) return line;
    }
    this.#isRead = true;
    return undefined;
  }

  async #begin({ line, failures, givenWay }: Again): Promise<void> {
    const body = await this.#parts.input.body(line);
    const { index, head } = line;
    const sentAt = this.#parts.clock.now();
    const sent: Sent = {
      index,
      model: head.model,
      sentAt,
      givenWay,
      line,
      failures,
      abort: new AbortController(),
    };
    this.#sent.set(index, sent);
    this.#sentBytes += head.bytes;
    void this.#answer(sent, body).finally(() => this.#notice());
  }

  async #answer(sent: Sent, body: Buffer): Promise<void> {
    const { endpoint, owner, send, total } = this.#parts;
    const isOfLargeBatch = total >= LARGE_BATCH;
    try {
      const reply = await send({ endpoint, owner, body, isOfLargeBatch, signal: sent.abort.signal });
      if (this.#isCurrent(sent)) this.#follow(sent, reply);
    } catch (error) {
      if (!this.#isCurrent(sent)) return;
      this.#forget(sent);
      // A line that was aborted when the run ended stays unanswered.
      if (isCancellation(error) && this.#end !== undefined) return;
      if (error instanceof OllamaError && error.code === 'unauthorized') this.#failure = error;
      else this.#finish(sent, { code: 'internal_error', message: messageOf(error) });
    }
  }

  /** A line that has given way may be answered all the same, and is another attempt by then. */
  #isCurrent(sent: Sent): boolean {
    return this.#sent.get(sent.index) === sent && !sent.abort.signal.aborted;
  }

  #forget(sent: Sent): void {
    this.#sent.delete(sent.index);
    this.#sentBytes -= sent.line.head.bytes;
  }

  #follow(sent: Sent, reply: SentReply): void {
    this.#forget(sent);
    const { status, retryAfterS } = reply;
    const failures = sent.failures + 1;
    const step = afterReply({ status, retryAfterS, failures, refusals: this.#refusals + 1 });
    if (step.type === 'write') {
      this.#refusals = 0;
      this.#finish(sent, reply);
      return;
    }
    const notBefore = this.#parts.clock.now() + step.waitMs;
    if (step.pausesAll) {
      this.#refusals += 1;
      this.#pausedUntil = notBefore;
      this.#again.unshift({ ...sent, notBefore });
    } else this.#again.push({ ...sent, failures, notBefore });
  }

  #finish({ line }: Sent, result: LineReply | LineError): void {
    const written = writtenResult(this.#parts.id, line, result);
    const ready = this.#results.add(line.index, written);
    if (ready.length === 0) return;
    const write = async () => {
      // Behind a result that could not be written, nothing is: the results would lose their order.
      if (this.#failure === undefined) await this.#append(ready);
    };
    this.#written = this.#written.then(write).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  async #append(results: readonly WrittenResult[]): Promise<void> {
    const { replies, errors, onResult } = this.#parts;
    for (const isError of [false, true]) {
      const lines = results.filter((result) => result.isError === isError).map(({ line }) => line);
      if (lines.length === 0) continue;
      await (isError ? errors : replies).append(lines.join(''));
      for (const _line of lines) onResult(isError);
    }
  }

  /** What has no result gets the error that the time is over. */
  async #expire(): Promise<void> {
    const { id, input, replies, errors } = this.#parts;
    const left = [...this.#sent.values(), ...this.#again].map(({ line }) => line);
    left.sort((one, other) => one.index - other.index);
    const message = 'the completion window ended before this request was answered';
    const write = (line: PreparedLine) =>
      this.#append([writtenResult(id, line, { code: 'batch_expired', message })]);
    for (const line of left) await write(line);
    for (let line = await input.next(); line; line = await input.next()) {
      if (!replies.answered.has(line.index) && !errors.answered.has(line.index)) await write(line);
    }
  }

  /** Waits for a reply, a stop, or the next moment at which a line may be sent. */
  async #somethingToDo(): Promise<void> {
    const { clock } = this.#parts;
    const due = Math.min(...this.#again.map(({ notBefore }) => notBefore));
    const wait = Math.max(due, this.#pausedUntil) - clock.now();
    let cancel: (() => void) | undefined;
    if (!this.#isDue) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (wait <= 0 && this.#hasRoom()) resolve();
        else if (Number.isFinite(wait)) cancel = clock.after(Math.max(wait, 0), resolve);
      });
    }
    cancel?.();
    this.#wake = undefined;
    this.#isDue = false;
  }
}

function writtenResult(
  id: string,
  { index, head }: { readonly index: number; readonly head: LineHead },
  result: LineReply | LineError,
): WrittenResult {
  const isError = 'code' in result || result.status >= 400;
  return { line: resultLine(id, { index, customId: head.custom_id }, result), isError };
}
