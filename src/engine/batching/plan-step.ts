import type { MediaSteps } from './media-steps.ts';
import { type PromptPlanParts, planPrompts } from './prompt-plan.ts';
import type { Sequence } from './sequence.ts';
import type { StepEntry } from './step.ts';
import type { StepDrafts } from './step-drafts.ts';

export interface PlanParts extends Pick<PromptPlanParts, 'cache' | 'cost' | 'rate'> {
  readonly drafts: StepDrafts;
  readonly media: MediaSteps | undefined;
}

interface PlannedStep {
  /** The sequences that may compute something, at least one. */
  readonly eligible: readonly Sequence[];
  /** Number of all running sequences. */
  readonly running: number;
  /** Maximum number of tokens in one call. */
  readonly batchSize: number;
}

/** Plans which tokens of which sequences the next step computes; never empty. */
export async function planStep(
  { drafts, media, ...parts }: PlanParts,
  { eligible, running, batchSize }: PlannedStep,
): Promise<StepEntry[]> {
  const decoding = eligible.filter((sequence) => sequence.isDecoding);
  const ahead = eligible.filter(
    (sequence) => sequence.isAhead && !sequence.isDecoding && sequence.remaining <= batchSize,
  );
  const prompts = eligible.filter((sequence) => !decoding.includes(sequence) && !ahead.includes(sequence));
  const mediaLimits = {
    isBidirectional: media?.facts.isBidirectional ?? false,
    rowsPerCall: media?.batch.capacity ?? 0,
  };
  const shares = planPrompts(
    { ...parts, ...mediaLimits },
    { prompts, decoding: decoding.length + ahead.length, batchSize },
  );
  const drafted = await drafts.plan({ decoding, others: running - decoding.length, batchSize });
  return [
    ...decoding.map((sequence) => ({
      sequence,
      tokens: 1,
      draft: drafted.get(sequence) ?? [],
      isAlone: sequence.isDeterministic,
    })),
    ...ahead.map((sequence) => ({
      sequence,
      tokens: sequence.remaining,
      draft: [],
      isAlone: sequence.isDeterministic,
    })),
    ...prompts.flatMap((sequence) => {
      const tokens = shares.get(sequence.slot.id);
      if (tokens === undefined) return [];
      const rows = media?.rows(sequence, tokens);
      const isAlone = rows !== undefined || sequence.isDeterministic || sequence.isScoring;
      return [{ sequence, tokens, draft: [], isAlone, rows }];
    }),
  ];
}
