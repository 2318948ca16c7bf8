import type { ProjectorType } from './projector-types.ts';

/** Families in which they do (`mtmd_decode_use_non_causal` in tools/mtmd/mtmd.cpp of llama.cpp). */
const bidirectional: ReadonlySet<ProjectorType> = new Set(['gemma3', 'gemma4uv', 'deepseek4v']);
/** Widths of the two small models of Gemma 4, which alone of their family are causal. */
const causalGemma4Widths: readonly number[] = [1536, 2560];

/** Whether the rows of a picture attend to each other in both directions, so that the model computes them in one go. */
export function isBidirectional(facts: {
  readonly type: ProjectorType | undefined;
  readonly rowWidth: number;
}): boolean {
  const { type, rowWidth } = facts;
  if (type === 'gemma4v') return !causalGemma4Widths.includes(rowWidth);
  return type !== undefined && bidirectional.has(type);
}
