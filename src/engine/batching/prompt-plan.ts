import type { PrefixCache } from '../cache/prefix-cache.ts';
import { isOnePiece, partEnd, spanAt } from '../media/spans.ts';
import type { DecodeCost } from './decode-cost.ts';
import type { PrefillRate } from './prefill-rate.ts';
import type { Sequence } from './sequence.ts';
import { fixedChunk, planPrefill, SCORED_TOKENS } from './step-plan.ts';

export interface PromptPlanParts {
  readonly cache: Pick<PrefixCache, 'prefillLimit'>;
  readonly cost: Pick<DecodeCost, 'expectedMs'>;
  readonly rate: Pick<PrefillRate, 'tokensPerMillisecond'>;
  /** Whether pictures must be computed in one go. */
  readonly isBidirectional: boolean;
  /** Maximum number of rows in one call. */
  readonly rowsPerCall: number;
}

interface PromptStep {
  readonly prompts: readonly Sequence[];
  /** Number of sequences with one token to decode. */
  readonly decoding: number;
  /** Maximum number of tokens in one call. */
  readonly batchSize: number;
}

/** @returns number of prompt tokens to compute, by slot */
export function planPrompts(
  parts: PromptPlanParts,
  { prompts, decoding, batchSize }: PromptStep,
): Map<number, number> {
  const demands = prompts.map((sequence) => {
    const computed = sequence.slot.tokens.length;
    const span = spanAt(sequence.spans, computed);
    return {
      slot: sequence.slot.id,
      computed,
      remaining: prefillLimit(parts, sequence),
      isPiece: span !== undefined && isOnePiece(span, parts.isBidirectional),
      isFixed: sequence.isDeterministic || sequence.isScoring,
      most: sequence.isScoring && !span ? Math.min(batchSize, SCORED_TOKENS) : batchSize,
    };
  });
  const apart = demands.filter(({ isFixed, isPiece }) => isFixed || isPiece);
  const shares = planPrefill({
    decoding: decoding + apart.length,
    decodeMs: parts.cost.expectedMs(decoding),
    prefilling: demands.filter((demand) => !apart.includes(demand)),
    batchSize,
    prefillRate: parts.rate.tokensPerMillisecond,
  });
  for (const { slot, computed, remaining, most, isPiece } of apart) {
    shares.set(slot, isPiece ? remaining : fixedChunk(computed, remaining, most));
  }
  return shares;
}

/**
 * Number of prompt tokens that may be computed next: up to the next checkpoint, which the memory of some models needs, up to
 * where rows follow text or text follows rows, and without the last token of a text, which is computed alone, as it is when
 * all tokens before it come from the cache.
 */
function prefillLimit(
  { cache, rowsPerCall }: PromptPlanParts,
  { slot, spans, request, remaining, generated }: Sequence,
): number {
  const computed = slot.tokens.length;
  const limit = generated.length > 0 ? remaining : cache.prefillLimit(slot, request.prompt.length);
  const end = Math.min(limit, partEnd(spans, computed) - computed);
  return spanAt(spans, computed) ? Math.min(end, rowsPerCall) : Math.min(end, Math.max(1, remaining - 1));
}
