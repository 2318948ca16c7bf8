import {
  type CallKind,
  type EngineFigures,
  figureBounds,
  type PrefixSource,
} from '../../protocol/engine-figures.ts';
import { Tally } from '../../protocol/tally.ts';
import { StepRecords } from './step-records.ts';

/** One call of `llama_decode` that succeeded. */
export interface MeasuredCall {
  readonly kind: CallKind;
  readonly tokens: number;
  /** How many of `tokens` are of prompts. */
  readonly promptTokens: number;
  readonly sequences: number;
  readonly milliseconds: number;
}

/** What of a sequence changes when it advances. */
interface Advancing {
  /** Number of tokens sampled so far. */
  readonly sampledTokens: number;
  readonly accepted: number;
  /** `performance.now()` of the last step that yielded tokens; undefined = none has. */
  yieldedAt: number | undefined;
}

const MILLISECONDS = 1000;
/** More than the tokens of a second on this side of a large GPU; percentiles of so many are exact enough. */
const MOST_INTERVALS = 4096;

/** Counts what the loop of a model computes, until somebody takes the figures. */
export class EngineMeter {
  readonly #now: () => number;
  readonly #callSeconds: Readonly<Record<CallKind, Tally>> = {
    prefill: new Tally(figureBounds.callSeconds),
    decode: new Tally(figureBounds.callSeconds),
    mixed: new Tally(figureBounds.callSeconds),
  };
  readonly #callTokens = new Tally(figureBounds.tokens);
  readonly #stepTokens = new Tally(figureBounds.tokens);
  readonly #intervalSeconds = new Tally(figureBounds.intervalSeconds);
  #counts = noCounts();
  #intervals: number[] = [];
  /** The same work step by step, while somebody watches. */
  readonly steps = new StepRecords();

  /** @param now returns milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  call({ kind, tokens, promptTokens, sequences, milliseconds }: MeasuredCall): void {
    this.#callSeconds[kind].observe(milliseconds / MILLISECONDS);
    this.#callTokens.observe(tokens);
    this.#counts.callSequences += sequences;
    this.#counts.prefillTokens += promptTokens;
  }

  /** @param tokens those of all calls of the step */
  step(tokens: number): void {
    if (tokens > 0) this.#stepTokens.observe(tokens);
  }

  /** A prompt was begun. @param reused number of its tokens whose state came from `source` */
  prompt(tokens: number, reused = 0, source: PrefixSource = 'slot'): void {
    const { prefixTokens } = this.#counts;
    prefixTokens[source] += reused;
    prefixTokens.computed += tokens - reused;
  }

  /**
   * A sequence has advanced.
   * @param before what it had before
   * @param drafted number of drafted tokens that were checked
   */
  advanced(sequence: Advancing, before: Omit<Advancing, 'yieldedAt'>, drafted: number): void {
    const counts = this.#counts;
    // A completion that steps back from a banned string takes tokens back; what was generated stays generated.
    const yielded = Math.max(0, sequence.sampledTokens - before.sampledTokens);
    if (yielded > 0) {
      counts.generatedTokens += yielded;
      const now = this.#now();
      if (sequence.yieldedAt !== undefined) this.#interval(now - sequence.yieldedAt);
      sequence.yieldedAt = now;
    }
    if (drafted === 0) return;
    counts.drafts++;
    counts.draftedTokens += drafted;
    const accepted = sequence.accepted - before.accepted;
    for (let position = 0; position < accepted; position++)
      counts.acceptedAt[position] = (counts.acceptedAt[position] ?? 0) + 1;
  }

  #interval(milliseconds: number): void {
    this.#intervalSeconds.observe(milliseconds / MILLISECONDS);
    if (this.#intervals.length < MOST_INTERVALS) this.#intervals.push(milliseconds);
  }

  /** A running sequence has lost computed tokens. */
  preempted(): void {
    this.#counts.preemptions++;
  }

  /** Returns what was counted since the last call. @param heldTokens that running sequences hold now */
  take(heldTokens: number): EngineFigures {
    const counts = this.#counts;
    this.#counts = noCounts();
    const { prefill, decode, mixed } = this.#callSeconds;
    const intervals = this.#intervals.sort((left, right) => left - right);
    this.#intervals = [];
    const at = (share: number) => intervals[Math.floor(share * (intervals.length - 1))] ?? 0;
    return {
      ...(intervals.length > 0 && { intervalMs: { p50: at(0.5), p95: at(0.95) } }),
      callSeconds: { prefill: prefill.take(), decode: decode.take(), mixed: mixed.take() },
      callTokens: this.#callTokens.take(),
      stepTokens: this.#stepTokens.take(),
      intervalSeconds: this.#intervalSeconds.take(),
      ...counts,
      heldTokens,
    };
  }
}

function noCounts() {
  return {
    callSequences: 0,
    prefixTokens: { slot: 0, memory: 0, disk: 0, computed: 0 },
    prefillTokens: 0,
    generatedTokens: 0,
    drafts: 0,
    draftedTokens: 0,
    acceptedAt: [] as number[],
    preemptions: 0,
  };
}
