import type { PrefixCache } from '../cache/prefix-cache.ts';
import type { DraftCandidate, Speculation } from '../speculation/speculation.ts';
import type { DecodeCost } from './decode-cost.ts';
import { planDrafts } from './draft-plan.ts';
import type { Sequence } from './sequence.ts';
import { areNeighbours } from './step.ts';
import { draftStepMs } from './step-plan.ts';

interface StepDraftParts {
  readonly cache: Pick<PrefixCache, 'mostUndone'>;
  readonly cost: DecodeCost;
  /** Tokens per slot. */
  readonly contextLength: number;
  /** Maximum number of tokens in a call whose logits are computed. */
  readonly outputs: number;
  readonly speculation: Speculation | undefined;
}

interface DraftStep {
  readonly decoding: readonly Sequence[];
  /** Number of other sequences that run: each may have the last token of its prompt in the same call. */
  readonly others: number;
  /** Maximum number of tokens in one call. */
  readonly batchSize: number;
}

type Drafts = ReadonlyMap<Sequence, readonly number[]>;

/** The drafts of a step: by prompt lookup, or by what drafts for the model, whichever is expected to gain more. */
export class StepDrafts {
  readonly #parts: StepDraftParts;

  constructor(parts: StepDraftParts) {
    this.#parts = parts;
  }

  /** @returns the drafts of the sequences that have one */
  async plan(step: DraftStep): Promise<Drafts> {
    const { cost, outputs, speculation } = this.#parts;
    const { decoding, others, batchSize } = step;
    const found = this.#lookUp(step);
    if (!speculation || decoding.length === 0) return found;
    const plain = cost.relative(decoding.length);
    const candidates = decoding.map((sequence): DraftCandidate => {
      const draft = found.get(sequence) ?? [];
      const duration = cost.relative(decoding.length * (draft.length + 1)) / plain;
      const foundGain =
        draft.length > 0 ? (sequence.drafts.expectedTokens()[draft.length] ?? 0) / duration : 1;
      return { sequence, most: this.#most(sequence, batchSize), found: draft, foundGain };
    });
    return speculation.propose(candidates, { target: cost, outputs: Math.min(outputs, batchSize) - others });
  }

  /** Prompt lookup for sequences that decode while no prompt waits for its step. */
  #lookUp({ decoding, others, batchSize }: DraftStep): Drafts {
    const { cache, cost, outputs } = this.#parts;
    const isPossible =
      others === 0 &&
      cache.mostUndone > 0 &&
      decoding.every(({ isDeterministic }) => !isDeterministic) &&
      areNeighbours(decoding.map(({ slot }) => slot));
    if (!isPossible) return new Map();
    const demands = decoding.map((sequence) => ({
      drafts: sequence.drafts,
      tokens: sequence.tokens,
      room: this.#room(sequence),
    }));
    const limit = { tokens: Math.min(batchSize, outputs), milliseconds: draftStepMs(decoding.length) };
    const drafts = planDrafts(demands, cost, limit);
    return new Map(decoding.map((sequence, index) => [sequence, drafts[index] ?? []]));
  }

  /** Number of tokens that may be drafted for a sequence. What drafts knows only text. */
  #most(sequence: Sequence, batchSize: number): number {
    if (sequence.isDeterministic || sequence.spans.length > 0) return 0;
    return Math.min(this.#room(sequence), sequence.drafts.most, batchSize - 1);
  }

  /** Number of drafted tokens that context and request have room for, and that can be taken back. */
  #room({ slot, request, generated }: Sequence): number {
    const { cache, contextLength } = this.#parts;
    const room = Math.min(cache.mostUndone, contextLength - slot.tokens.length - 1);
    return request.maxTokens > 0 ? Math.min(room, request.maxTokens - generated.length - 1) : room;
  }
}
