import type { DecodeCost } from '../batching/decode-cost.ts';
import type { Sequence } from '../batching/sequence.ts';
import type { FilledStep, PlacedEntry } from '../batching/step.ts';
import { FIRST_CHUNK_TOKENS, MIN_CHUNK_TOKENS } from '../batching/step-plan.ts';
import { DraftRecord } from './draft-record.ts';
import type { DraftSource, DraftWish } from './draft-source.ts';
import { type CatchUpDemand, measuredPlan, type SpeculationPlan, sourceMs } from './speculation-plan.ts';

/** A decoding sequence, and what is known of its next tokens without the source. */
export interface DraftCandidate {
  readonly sequence: Sequence;
  /** Maximum number of tokens that may be drafted for it now. */
  readonly most: number;
  /** The draft that prompt lookup proposes; empty = none that pays. */
  readonly found: readonly number[];
  /** Expected speed with that draft, as a multiple of decoding token by token. */
  readonly foundGain: number;
}

export interface SpeculationLimits {
  /** Cost of the target's decodes. */
  readonly target: DecodeCost;
  /** Maximum number of tokens whose logits one decode computes. */
  readonly outputs: number;
}

/** The source computes so few missing tokens together with the draft; more are computed before. */
const FEW_TOKENS = MIN_CHUNK_TOKENS;
/** Share of a step that computing missing tokens may take beside the streams, in milliseconds at least. */
const LEAST_CATCH_UP_MS = 20;

interface Text {
  readonly record: DraftRecord;
  /** Number of tokens that were generated when the last draft was made. */
  generated: number;
  /** That draft; empty = none. */
  draft: readonly number[];
}

interface Drafter extends DraftCandidate {
  readonly text: Text;
  readonly missing: number;
}

/**
 * Decides for each step whether the source drafts, for which sequences and how many tokens, from what its drafts were
 * worth and what the decodes cost. Where it does not pay, it costs nothing but a try now and then.
 */
export class Speculation {
  readonly #source: DraftSource;
  readonly #plan: SpeculationPlan;
  readonly #model = new DraftRecord();
  readonly #texts = new WeakMap<Sequence, Text>();

  constructor(source: DraftSource, plan: SpeculationPlan = measuredPlan) {
    this.#source = source;
    this.#plan = plan;
  }

  /**
   * Call it once per step, with all decoding sequences.
   * @returns the draft of each candidate, its own or that of prompt lookup, whichever is expected to gain more
   */
  async propose(
    candidates: readonly DraftCandidate[],
    limits: SpeculationLimits,
  ): Promise<ReadonlyMap<Sequence, readonly number[]>> {
    const drafts = new Map(candidates.map(({ sequence, found }) => [sequence, found]));
    for (const { sequence } of candidates) this.#learn(sequence);
    const drafters = this.#drafters(candidates, limits);
    if (drafters.length === 0) return drafts;
    const taken = candidates.filter(
      ({ sequence }) => !drafters.some((drafter) => drafter.sequence === sequence),
    );
    const outputs = limits.outputs - taken.reduce((total, { found }) => total + found.length, 0);
    const { length, gain } = this.#plan.choose({
      decoding: candidates.length,
      drafters: drafters.map(demandOf),
      target: limits.target,
      source: this.#source,
      outputs,
    });
    if (length === 0) this.#pause(drafters, limits.target, candidates.length);
    else
      await this.#draft(
        drafters,
        { length, gain, plainMs: limits.target.expectedMs(candidates.length) },
        drafts,
      );
    return drafts;
  }

  beforeCall(step: FilledStep): void {
    this.#source.beforeCall?.(this.#watched(step).length > 0);
  }

  async afterCall(step: FilledStep): Promise<void> {
    await this.#source.afterCall?.(step, this.#watched(step));
  }

  /** The entries whose sequences may get drafts soon. */
  #watched({ entries }: FilledStep): PlacedEntry[] {
    return entries.filter(
      ({ sequence }) =>
        sequence.drafts.most > 0 &&
        !sequence.isDeterministic &&
        sequence.spans.length === 0 &&
        !this.#textOf(sequence).record.isPaused,
    );
  }

  /** Compares the last draft of a sequence with what was sampled. */
  #learn(sequence: Sequence): void {
    const text = this.#textOf(sequence);
    const { generated } = sequence;
    for (let at = text.generated; at < generated.length; at++) text.record.tick();
    const outcomes: boolean[] = [];
    for (const [index, token] of text.draft.entries()) {
      const sampled = generated[text.generated + index];
      if (sampled === undefined) break;
      outcomes.push(sampled === token);
      if (sampled !== token) break;
    }
    text.record.observe(outcomes);
    this.#model.observe(outcomes);
    text.generated = generated.length;
    text.draft = [];
  }

  /** The candidates for which the source may gain more than prompt lookup does. */
  #drafters(candidates: readonly DraftCandidate[], { target, outputs }: SpeculationLimits): Drafter[] {
    const decoding = candidates.length;
    if (this.#source.isBroken) return [];
    return candidates.flatMap((candidate) => {
      const text = this.#textOf(candidate.sequence);
      const missing = this.#source.missing(subjectOf(candidate.sequence));
      if (candidate.most <= 0 || text.record.isPaused || missing === undefined) return [];
      const drafter = { ...candidate, text, missing };
      if (candidate.found.length === 0) return [drafter];
      const own = { decoding, drafters: [demandOf(drafter)], target, source: this.#source, outputs };
      return missing <= FEW_TOKENS && this.#plan.choose(own).gain > candidate.foundGain ? [drafter] : [];
    });
  }

  #pause(drafters: readonly Drafter[], target: DecodeCost, decoding: number): void {
    // Nothing is decided before the first measurement.
    if (target.expectedMs(decoding) === 0) return;
    for (const { text } of drafters) text.record.pause();
    this.#model.pause();
    target.fade();
  }

  async #draft(
    drafters: readonly Drafter[],
    { length, gain, plainMs }: { length: number; gain: number; plainMs: number },
    drafts: Map<Sequence, readonly number[]>,
  ): Promise<void> {
    this.#model.succeed();
    const ready = drafters.filter(({ missing }) => missing <= FEW_TOKENS);
    const wishes = ready.map(
      ({ sequence, most }): DraftWish => ({
        ...subjectOf(sequence),
        most: Math.min(most, length),
      }),
    );
    const made = wishes.length > 0 ? await this.#source.draft(wishes) : new Map<number, readonly number[]>();
    for (const { sequence, text } of ready) {
      const draft = made.get(sequence.slot.id) ?? [];
      text.record.succeed();
      // A try that ends before its first token has cost as much as a wrong one.
      if (draft.length === 0) text.record.observe([false]);
      text.draft = draft;
      if (draft.length > 0) drafts.set(sequence, draft);
    }
    await this.#catchUp(drafters, gain, plainMs);
  }

  /** Computes some of what the source lacks of one text, the shortest first, in about the time of one more token. */
  async #catchUp(drafters: readonly Drafter[], gain: number, plainMs: number): Promise<void> {
    const rate = this.#source.rate.tokensPerMillisecond;
    const tokenMs = rate === undefined ? sourceMs(this.#source, 1, plainMs) : 1 / rate;
    const costs = { tokenMs, gain, plainMs };
    const isDue = (drafter: Drafter) =>
      drafter.missing > FEW_TOKENS && this.#plan.paysToCatchUp(catchUpDemand(drafter, costs));
    const [next] = drafters.filter(isDue).sort((left, right) => left.missing - right.missing);
    if (!next) return;
    const affordable = Math.floor(Math.max(plainMs, LEAST_CATCH_UP_MS) / tokenMs);
    const most = Math.max(MIN_CHUNK_TOKENS, rate === undefined ? FIRST_CHUNK_TOKENS : affordable);
    await this.#source.catchUp(subjectOf(next.sequence), most);
  }

  #textOf(sequence: Sequence): Text {
    const known = this.#texts.get(sequence);
    if (known) return known;
    const text: Text = {
      record: new DraftRecord(this.#model),
      generated: sequence.generated.length,
      draft: [],
    };
    this.#texts.set(sequence, text);
    return text;
  }
}

function subjectOf({ slot, tokens }: Sequence) {
  return { slot: slot.id, salt: slot.salt, tokens };
}

function demandOf({ text, most }: Drafter) {
  return { acceptance: text.record.acceptance, most };
}

function catchUpDemand(
  { sequence: { generated, request }, missing }: Drafter,
  costs: Pick<CatchUpDemand, 'tokenMs' | 'gain' | 'plainMs'>,
): CatchUpDemand {
  const remaining = request.maxTokens > 0 ? request.maxTokens - generated.length : Number.POSITIVE_INFINITY;
  return { ...costs, missing, generated: generated.length, remaining };
}
