import type { ProjectorType } from './projector-types.ts';
import type { ProjectorTensor } from './projector-view.ts';

/** The tensor whose length along one dimension is the width of a row: `clip_n_mmproj_embd` in tools/mtmd/clip.cpp. */
type Source = readonly [name: string, dimension: 0 | 1];

const sources: Partial<Record<ProjectorType, readonly Source[]>> = {
  // Yi's variant of LLaVA's projector has its last layer elsewhere.
  mlp: [
    ['mm.3.bias', 0],
    ['mm.2.weight', 1],
  ],
  ldp: [['mm.model.mb_block.1.block.2.1.bias', 0]],
  ldpv2: [['mm.model.peg.0.bias', 0]],
  resampler: [['resampler.proj.weight', 0]],
  minicpmv4_6: [['mm.down.weight', 1]],
  adapter: [['adapter.linear.dense_4h_to_h.weight', 1]],
  qwen2vl_merger: [['mm.2.bias', 0]],
  'qwen2.5vl_merger': [['mm.2.bias', 0]],
  qwen3vl_merger: [['mm.2.bias', 0]],
  exaone4_5: [['mm.2.bias', 0]],
  youtuvl: [['mm.2.bias', 0]],
  janus_pro: [['mm.1.bias', 0]],
  mimovl: [['mm.2.weight', 1]],
  gemma3: [['mm.input_projection.weight', 0]],
  gemma3nv: [['mm.input_projection.weight', 0]],
  gemma4v: [['mm.input_projection.weight', 1]],
  gemma4uv: [['mm.input_projection.weight', 1]],
  gemma4a: [['mm.a.input_projection.weight', 1]],
  gemma4ua: [['mm.a.input_projection.weight', 1]],
  idefics3: [['mm.model.fc.weight', 1]],
  internvl: [['mm.model.mlp.3.weight', 1]],
  nemotron_v2_vl: [['mm.model.mlp.3.weight', 1]],
  llama4: [['mm.model.fc.weight', 1]],
  deepseekocr: [['mm.model.fc.weight', 1]],
  deepseekocr2: [['mm.model.fc.weight', 1]],
  hunyuanvl: [['mm.model.fc.weight', 1]],
  glm4v: [['mm.down.weight', 1]],
  cogvlm: [['mm.down.weight', 1]],
  ultravox: [['mm.a.mlp.2.weight', 1]],
  voxtral: [['mm.a.mlp.2.weight', 1]],
  musicflamingo: [['mm.a.mlp.2.weight', 1]],
  qwen3a: [['mm.a.mlp.2.weight', 1]],
  glma: [['mm.a.mlp.2.weight', 1]],
  meralion: [['mm.a.mlp.3.weight', 1]],
  qwen2a: [['mm.a.fc.weight', 1]],
};

/** Families whose projector ends in `mm.2`. */
const usual: readonly Source[] = [['mm.2.weight', 1]];

/** Values per row, deep-stack rows included; 0 when the file lacks the tensor that decides it. */
export function rowWidth(
  type: ProjectorType | undefined,
  tensors: ReadonlyMap<string, ProjectorTensor>,
  deepstackBlocks: number,
): number {
  for (const [name, dimension] of (type && sources[type]) ?? usual) {
    const width = tensors.get(name)?.shape[dimension] ?? 0;
    if (width > 0) return width * (1 + deepstackBlocks);
  }
  return 0;
}
