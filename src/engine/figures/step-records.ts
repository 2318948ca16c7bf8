import {
  type BegunPrompt,
  STEP_GROUP_MS,
  type StepGroup,
  type StepReport,
  type StepShare,
} from '../../protocol/step-report.ts';
import type { StateOrigin } from '../cache/slot.ts';

/** What of a sequence is recorded. */
interface RecordedSequence {
  readonly request: { readonly prompt: readonly number[]; readonly run?: number };
  readonly slot: { readonly id: number; readonly origin: StateOrigin };
  readonly cachedTokens: number;
  readonly sampledTokens: number;
  readonly accepted: number;
  readonly isDecoding: boolean;
  readonly isAhead: boolean;
}

interface RecordedCall {
  readonly entries: readonly { readonly sequence: RecordedSequence; readonly tokens: number }[];
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  readonly milliseconds: number;
  readonly tokens: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface OpenGroup {
  readonly startedAt: number;
  endedAt: number;
  calls: number;
  tokens: number;
  readonly shares: Map<RecordedSequence, Mutable<StepShare>>;
}

/**
 * Records what each step computes for whom, while somebody watches. Steps are put together, so that the size of a report
 * depends on its time and on the number of slots, not on the speed of the model.
 */
export class StepRecords {
  readonly #now: () => number;
  readonly #wallClock: () => number;
  #isOn = false;
  /** What makes milliseconds since 1970 of those of the monotonic clock. */
  #offset = 0;
  #groups: OpenGroup[] = [];
  #prompts: BegunPrompt[] = [];

  /**
   * @param now returns milliseconds of a monotonic clock
   * @param wallClock returns milliseconds since 1970
   */
  constructor(now: () => number = () => performance.now(), wallClock: () => number = () => Date.now()) {
    this.#now = now;
    this.#wallClock = wallClock;
  }

  /** Nothing is recorded unless it is on. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Forgets what was recorded. */
  switch(isOn: boolean): void {
    this.#isOn = isOn;
    this.#offset = this.#wallClock() - this.#now();
    this.#groups = [];
    this.#prompts = [];
  }

  /** A prompt was put into its slot. */
  begun({ request, slot, cachedTokens }: RecordedSequence): void {
    if (!this.#isOn) return;
    this.#prompts.push({
      run: request.run ?? 0,
      slot: slot.id,
      at: this.#offset + this.#now(),
      tokens: request.prompt.length,
      reused: cachedTokens,
      source: slot.origin,
    });
  }

  /** A call has succeeded whose results are not applied to the sequences yet. */
  called({ entries, startedAt, milliseconds, tokens }: RecordedCall): void {
    if (!this.#isOn) return;
    const group = this.#groupAt(startedAt);
    group.calls++;
    group.tokens += tokens;
    group.endedAt = Math.max(group.endedAt, startedAt + milliseconds);
    for (const { sequence, tokens: computed } of entries) {
      const share = shareOf(group, sequence);
      if (sequence.isDecoding || sequence.isAhead) share.decodeMs += milliseconds;
      else {
        share.prefillMs += milliseconds;
        share.prefillTokens += computed;
      }
    }
  }

  /**
   * A sequence has advanced.
   * @param before what it had before
   * @param drafted number of drafted tokens that were checked
   */
  advanced(
    sequence: RecordedSequence,
    before: Pick<RecordedSequence, 'sampledTokens' | 'accepted'>,
    drafted: number,
  ): void {
    if (!this.#isOn) return;
    // Tokens that a completion takes back stay sampled, as in the figures.
    const sampled = Math.max(0, sequence.sampledTokens - before.sampledTokens);
    if (sampled === 0 && drafted === 0) return;
    const group = this.#groups.at(-1) ?? this.#groupAt(this.#now());
    const share = shareOf(group, sequence);
    const taken = sequence.accepted - before.accepted;
    share.decodeTokens += sampled;
    share.draftTaken += taken;
    share.draftRefused += drafted - taken;
  }

  /** Returns what was recorded since the last call. */
  take(): Pick<StepReport, 'groups' | 'prompts'> {
    const groups = this.#groups.map((group) => closed(group, this.#offset));
    const prompts = this.#prompts;
    this.#groups = [];
    this.#prompts = [];
    return { groups, prompts };
  }

  #groupAt(startedAt: number): OpenGroup {
    const last = this.#groups.at(-1);
    if (last && startedAt - last.startedAt < STEP_GROUP_MS) return last;
    const group = { startedAt, endedAt: startedAt, calls: 0, tokens: 0, shares: new Map() };
    this.#groups.push(group);
    return group;
  }
}

function shareOf({ shares }: OpenGroup, sequence: RecordedSequence): Mutable<StepShare> {
  const share = shares.get(sequence) ?? {
    ...{ run: sequence.request.run ?? 0, slot: sequence.slot.id },
    ...{ prefillMs: 0, decodeMs: 0, prefillTokens: 0, decodeTokens: 0, draftTaken: 0, draftRefused: 0 },
  };
  shares.set(sequence, share);
  return share;
}

function closed({ startedAt, endedAt, calls, tokens, shares }: OpenGroup, offset: number): StepGroup {
  return {
    startedAt: offset + startedAt,
    milliseconds: endedAt - startedAt,
    calls,
    tokens,
    shares: [...shares.values()],
  };
}
