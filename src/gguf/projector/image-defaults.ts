import type { ProjectorType } from './projector-types.ts';

/** What a family's files need not state, or state elsewhere: `load_hparams` in tools/mtmd/clip.cpp. */
export interface ImageDefaults {
  readonly mergeSize: number;
  /** Key under `clip.vision.` that overrides `mergeSize`. */
  readonly mergeKey?: string;
  readonly ropeBase: number;
  readonly minTokens?: number;
  readonly maxTokens?: number;
  /** Whether `image_min_pixels` and `image_max_pixels` are read. */
  readonly pixelKeys?: boolean;
  /** Whether `preproc_image_size` is read, and what holds without it. */
  readonly edgeKey?: boolean;
  readonly edgeDefault?: 'size' | number;
  /** Minimum and maximum number of tiles, unless the file states them. */
  readonly tiles?: readonly [number, number];
  /** Values that hold whatever the file states. */
  readonly fixed?: { readonly size?: number; readonly patchSize?: number; readonly eps?: number };
}

const SCALE = 'projector.scale_factor';
const MERGE = 'spatial_merge_size';
const ROPE_BASE = 10_000;
const none: ImageDefaults = { mergeSize: 1, ropeBase: 0 };
const qwen: ImageDefaults = { mergeSize: 2, mergeKey: MERGE, ropeBase: 0, minTokens: 8, maxTokens: 4096 };

const table: Partial<Record<ProjectorType, ImageDefaults>> = {
  minicpmv4_6: { mergeSize: 4, mergeKey: SCALE, ropeBase: 0 },
  internvl: { mergeSize: 1, mergeKey: SCALE, ropeBase: 0, tiles: [1, 12] },
  nemotron_v2_vl: { mergeSize: 1, mergeKey: SCALE, ropeBase: 0 },
  idefics3: { mergeSize: 1, mergeKey: SCALE, ropeBase: 0, edgeKey: true },
  lfm2: { mergeSize: 1, mergeKey: SCALE, ropeBase: 0, minTokens: 64, maxTokens: 256 },
  phi4: { mergeSize: 1, ropeBase: 0, pixelKeys: true },
  pixtral: { mergeSize: 1, mergeKey: MERGE, ropeBase: ROPE_BASE, minTokens: 8, maxTokens: 1024 },
  lightonocr: { mergeSize: 1, mergeKey: MERGE, ropeBase: ROPE_BASE, edgeKey: true, edgeDefault: 'size' },
  dots_ocr: { mergeSize: 1, mergeKey: SCALE, ropeBase: ROPE_BASE, pixelKeys: true },
  kimivl: { mergeSize: 1, mergeKey: SCALE, ropeBase: ROPE_BASE, minTokens: 8, maxTokens: 1024 },
  kimik25: {
    mergeSize: 1,
    mergeKey: SCALE,
    ropeBase: ROPE_BASE,
    minTokens: 2,
    maxTokens: 4096,
    pixelKeys: true,
  },
  gemma3: { mergeSize: 4, mergeKey: SCALE, ropeBase: 0 },
  gemma4v: { mergeSize: 3, mergeKey: SCALE, ropeBase: 100, minTokens: 70, maxTokens: 1120 },
  qwen2vl_merger: qwen,
  'qwen2.5vl_merger': qwen,
  qwen3vl_merger: qwen,
  minimax_m3: { ...qwen, ropeBase: ROPE_BASE, maxTokens: 576 },
  mimovl: { mergeSize: 2, mergeKey: MERGE, ropeBase: 0, pixelKeys: true },
  exaone4_5: { mergeSize: 2, mergeKey: MERGE, ropeBase: ROPE_BASE, pixelKeys: true },
  youtuvl: { mergeSize: 2, mergeKey: MERGE, ropeBase: 0, minTokens: 1, maxTokens: 62_500 },
  glm4v: { ...qwen, ropeBase: ROPE_BASE },
  llama4: { mergeSize: 1, mergeKey: SCALE, ropeBase: ROPE_BASE },
  paddleocr: { mergeSize: 2, ropeBase: 0, pixelKeys: true },
  hunyuanvl: {
    mergeSize: 2,
    mergeKey: MERGE,
    ropeBase: 0,
    minTokens: 256,
    maxTokens: 16_384,
    pixelKeys: true,
  },
  // The CLIP part runs its norms at 1e-5, whatever the file says about the SAM part.
  deepseekocr: { mergeSize: 1, ropeBase: 0, tiles: [2, 9], fixed: { size: 1024, patchSize: 16, eps: 1e-5 } },
  deepseekocr2: { mergeSize: 1, ropeBase: 0, tiles: [2, 6], fixed: { size: 1024, patchSize: 16 } },
};

export function imageDefaults(type: ProjectorType | undefined): ImageDefaults {
  return (type && table[type]) ?? none;
}
