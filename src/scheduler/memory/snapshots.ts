import type { GgufFacts } from '../../gguf/facts.ts';
import { plainLayout } from './plain-layout.ts';

/**
 * Architectures with recurrent states whose snapshots were measured to be exact (`engine/cache/step-back.test.ts`), and
 * those that only add experts to one of them. llama.cpp v0.5.0 makes snapshots for a few others, too
 * (`llm_arch_supports_rs_rollback`); those of most it does not.
 */
const architectures: readonly string[] = [
  'lfm2',
  'lfm2moe',
  'nemotron_h',
  'nemotron_h_moe',
  'qwen35',
  'qwen35moe',
];
/** Numbers of snapshots: with the token before them, drafts of these lengths suit the kernels. */
const COUNTS = [15, 7, 3];
/** The share of the weights' bytes that the snapshots of a slot may take: a little memory for the chance of a gain. */
const MOST_OF_WEIGHTS = 1 / 8;
const FLOAT_BYTES = 4;

/** How far a model can step back from drafted tokens. */
export interface StepsBack {
  /** Number of snapshots that its recurrent states need for that; 0 = none, or it has no such states. */
  readonly snapshots: number;
  /** Why nothing can be drafted; absent = drafts can be taken back. */
  readonly problem?: string;
}

/** Decides how many snapshots a model's recurrent states have, so that drafts can be taken back. */
export function stepsBack(facts: GgufFacts): StepsBack {
  const { kinds, blocks } = facts.layout ?? plainLayout(facts);
  const states = kinds.map(
    ({ recurrent }) => (recurrent?.convolutionState ?? 0) + (recurrent?.scanState ?? 0),
  );
  const stateBytes = blocks.reduce((sum, place) => sum + (states[place] ?? 0), 0) * FLOAT_BYTES;
  if (stateBytes === 0 || facts.poolingType !== undefined) return { snapshots: 0 };
  if (!architectures.includes(facts.architecture))
    return {
      snapshots: 0,
      problem: `the state of ${facts.architecture} models cannot step back from a wrong token`,
    };
  const snapshots = COUNTS.find((count) => count * stateBytes <= facts.weightBytes * MOST_OF_WEIGHTS);
  return snapshots === undefined
    ? {
        snapshots: 0,
        problem: 'copies of its state, to step back from a wrong token, would take too much memory',
      }
    : { snapshots };
}
