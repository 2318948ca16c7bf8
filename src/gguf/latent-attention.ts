import type { GgufFacts } from './facts.ts';

/** Whether a block of the model compresses keys and values into one vector (MLA, as in DeepSeek-V2). */
export function hasLatentAttention({ layout }: Pick<GgufFacts, 'layout'>): boolean {
  return layout?.kinds.some(({ attention }) => attention?.latent !== undefined) ?? false;
}
