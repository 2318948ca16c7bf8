import { type Metadata, metadataFlag, metadataNumber, metadataNumbers, metadataText } from '../metadata.ts';
import { type ImageDefaults, imageDefaults } from './image-defaults.ts';
import type { ProjectorType } from './projector-types.ts';
import type { ProjectorView } from './projector-view.ts';

/** The function between the two matrices of a feed-forward layer. */
export type Activation = 'gelu' | 'silu' | 'quick-gelu';

/** The encoder of pictures. Numbers that the file lacks are 0, unless the family has a default. */
export interface ImageFacts {
  /** Undefined for a type that llama.cpp does not know. */
  readonly type: ProjectorType | undefined;
  /** Pixels per side of a picture, or of a tile. */
  readonly size: number;
  /** Pixels per side of a patch. */
  readonly patchSize: number;
  /** Patches per side that become one row. */
  readonly mergeSize: number;
  /** A value of a pixel is (value / 255 - mean) / std; empty when the file lacks them. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Values per patch inside the encoder. */
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values, where several heads of queries share one. */
  readonly headsKv: number;
  readonly blocks: number;
  readonly feedForward: number;
  /** Added to a variance before its root is taken. */
  readonly eps: number;
  readonly activation: Activation;
  readonly ropeBase: number;
  /** `clip.vision.projection_dim`; the tensors decide the width of a row. */
  readonly projectionWidth: number;
  /** Rows per picture that the family allows, unless `minPixels` and `maxPixels` state it. */
  readonly minTokens?: number;
  readonly maxTokens?: number;
  /** Pixels per picture, from the file. */
  readonly minPixels?: number;
  readonly maxPixels?: number;
  /** Pixels of the longer side before a picture is cut into tiles. */
  readonly longestEdge?: number;
  /** Sizes to choose from before a picture is cut into tiles, each [width, height]. */
  readonly candidates: readonly (readonly [number, number])[];
  readonly minTiles?: number;
  readonly maxTiles?: number;
  /** Blocks whose output the projector takes. */
  readonly featureLayers: readonly number[];
  /** Every how many blocks attention goes over the whole picture; 0 = in all blocks. */
  readonly windowPattern: number;
  /** Blocks with attention of the other kind, where the pattern is irregular. */
  readonly windowBlocks: readonly number[];
  /** Pixels per side of a window; 0 = the family's default. */
  readonly windowSize: number;
  /** Blocks after which rows for deeper layers of the model are taken. */
  readonly deepstackBlocks: readonly number[];
  /** Whether a row that marks the end of a line of patches follows each line but the last (Pixtral). */
  readonly hasLineBreaks: boolean;
  /** Whether a row before and a row behind the picture come from the projector (GLM-Edge). */
  readonly hasBoundaryRows: boolean;
  /** MiniCPM-V: version and number of rows per tile. */
  readonly resampler?: { readonly version: number; readonly queries: number };
  /** DeepSeek-OCR: the encoder before the main one. */
  readonly sam?: { readonly blocks: number; readonly heads: number; readonly width: number };
}

/** Rows per tile of MiniCPM-V by version, for files that do not state it. */
const FIRST_RESAMPLER_VERSION = 2;
const QUERIES_OF_FIRST_VERSION = 96;
const QUERIES = 64;

/** Reads the keys `clip.vision.*`. Never throws. */
export function imageFacts(
  { metadata, tensors }: ProjectorView,
  type: ProjectorType | undefined,
): ImageFacts {
  const defaults = imageDefaults(type);
  const number = (key: string) => metadataNumber(metadata, `clip.vision.${key}`);
  const heads = number('attention.head_count') ?? 0;
  const { fixed } = defaults;
  return {
    type,
    size: fixed?.size ?? number('image_size') ?? 0,
    patchSize: fixed?.patchSize ?? number('patch_size') ?? 0,
    mergeSize: mergeSizeOf(number, defaults),
    mean: metadataNumbers(metadata, 'clip.vision.image_mean').slice(0, 3),
    std: metadataNumbers(metadata, 'clip.vision.image_std').slice(0, 3),
    width: number('embedding_length') ?? 0,
    heads,
    headsKv: number('attention.head_count_kv') ?? heads,
    blocks: number('block_count') ?? 0,
    feedForward: number('feed_forward_length') ?? 0,
    eps: fixed?.eps ?? number('attention.layer_norm_epsilon') ?? 0,
    activation: activationOf(metadata),
    ropeBase: defaults.ropeBase,
    projectionWidth: number('projection_dim') ?? 0,
    ...limitsOf(number, type),
    candidates: candidatesOf(metadata),
    featureLayers: metadataNumbers(metadata, 'clip.vision.feature_layer'),
    windowPattern: number('n_wa_pattern') ?? 0,
    windowBlocks: metadataNumbers(metadata, 'clip.vision.wa_layer_indexes'),
    windowSize: number('window_size') ?? 0,
    deepstackBlocks: deepstackBlocks(tensors.keys()),
    hasLineBreaks: tensors.has('v.token_embd.img_break'),
    hasBoundaryRows: tensors.has('adapter.boi'),
    ...familyFacts(metadata, number, type),
  };
}

type NumberOf = (key: string) => number | undefined;

function mergeSizeOf(number: NumberOf, { mergeKey, mergeSize }: ImageDefaults): number {
  const stated = mergeKey === undefined ? undefined : number(mergeKey);
  return stated ?? mergeSize;
}

function familyFacts(
  metadata: Metadata,
  number: NumberOf,
  type: ProjectorType | undefined,
): Pick<ImageFacts, 'resampler' | 'sam'> {
  if (type === 'resampler') return { resampler: resamplerOf(metadata) };
  return type === 'deepseekocr' || type === 'deepseekocr2' ? { sam: samOf(number) } : {};
}

function limitsOf(number: NumberOf, type: ProjectorType | undefined): Partial<ImageFacts> {
  const { minTokens, maxTokens, pixelKeys, edgeKey, edgeDefault, tiles } = imageDefaults(type);
  const positive = (key: string) => {
    const value = number(key) ?? 0;
    return value > 0 ? value : undefined;
  };
  const limits: Record<string, number | undefined> = {
    minTokens,
    maxTokens,
    minPixels: pixelKeys ? positive('image_min_pixels') : undefined,
    maxPixels: pixelKeys ? positive('image_max_pixels') : undefined,
    longestEdge: edgeKey
      ? (positive('preproc_image_size') ?? (edgeDefault === 'size' ? positive('image_size') : edgeDefault))
      : undefined,
    minTiles: tiles && (number('preproc_min_tiles') ?? tiles[0]),
    maxTiles: tiles && (number('preproc_max_tiles') ?? tiles[1]),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

export function activationOf(metadata: Metadata): Activation {
  if (metadataFlag(metadata, 'clip.use_gelu') === true) return 'gelu';
  return metadataFlag(metadata, 'clip.use_silu') === true ? 'silu' : 'quick-gelu';
}

function candidatesOf(metadata: Metadata): [number, number][] {
  const sides = metadataNumbers(metadata, 'clip.vision.image_grid_pinpoints');
  const pairs: [number, number][] = [];
  for (let at = 0; at + 1 < sides.length; at += 2) pairs.push([sides[at] ?? 0, sides[at + 1] ?? 0]);
  return pairs;
}

function deepstackBlocks(names: Iterable<string>): number[] {
  const blocks = new Set<number>();
  for (const name of names) {
    const block = /^v\.deepstack\.(\d{1,4})\.fc1\.weight$/.exec(name)?.[1];
    if (block !== undefined) blocks.add(Number(block));
  }
  return [...blocks].sort((left, right) => left - right);
}

function resamplerOf(metadata: Metadata): NonNullable<ImageFacts['resampler']> {
  const declared = metadataNumber(metadata, 'clip.minicpmv_version') ?? 0;
  const version = declared === 0 ? FIRST_RESAMPLER_VERSION : declared;
  const queries = metadataNumber(metadata, 'clip.minicpmv_query_num') ?? 0;
  if (queries > 0) return { version, queries };
  return { version, queries: version === FIRST_RESAMPLER_VERSION ? QUERIES_OF_FIRST_VERSION : QUERIES };
}

function samOf(number: NumberOf): NonNullable<ImageFacts['sam']> {
  return {
    blocks: number('sam.block_count') ?? 0,
    heads: number('sam.head_count') ?? 0,
    width: number('sam.embedding_length') ?? 0,
  };
}

/** Name of the projector's type under either of its keys. */
export function declaredType(metadata: Metadata, sense: 'vision' | 'audio'): string | undefined {
  const common = metadataText(metadata, 'clip.projector_type');
  if (common !== undefined && common !== '') return common;
  return metadataText(metadata, `clip.${sense}.projector_type`);
}
