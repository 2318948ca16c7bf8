/** What the families of vision encoders have in common: what they are made from and what they make. */
import type { InputValue, Program } from '../graph/program.ts';
import type { Weights } from '../graph/weights.ts';

/** Numbers of an encoder that its file states; all of `ImageFacts` that the graphs need. */
interface VisionFacts {
  /** Pixels per side of a patch. */
  readonly patchSize: number;
  /** Patches per side that become one row. */
  readonly mergeSize: number;
  /** Values per patch. */
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values; a divisor of `heads`. */
  readonly headsKv: number;
  readonly blocks: number;
  /** Added to a variance before its root is taken. */
  readonly eps: number;
  readonly activation: 'gelu' | 'silu' | 'quick-gelu';
  readonly ropeBase: number;
  /** Blocks whose input the projector takes; empty = the family's own choice. */
  readonly featureLayers: readonly number[];
  /** DeepSeek-OCR: the encoder before the main one. */
  readonly sam?: { readonly blocks: number; readonly heads: number; readonly width: number };
  /** Every how many blocks attention goes over the whole picture; 0 = in all blocks. */
  readonly windowPattern: number;
  /** Pixels per side of a window; 0 = the family's default. */
  readonly windowSize: number;
  /** Blocks after which rows for deeper layers of the model are taken. */
  readonly deepstackBlocks: readonly number[];
}

/** Where everything of an encoder comes from. */
export interface Source {
  readonly weights: Weights;
  readonly facts: VisionFacts;
  /** Whether attention is one operation (flash attention): measured faster on GPUs, and slower on CPUs. */
  readonly flash: boolean;
}

/** Patches of a picture. */
export interface Grid {
  readonly columns: number;
  readonly lines: number;
}

/** One piece to encode. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Normalised, [width, height, 3]: all of red, then green, then blue. */
  readonly pixels: InputValue;
  /** What the layout says about the piece, such as its place among the tiles. */
  readonly place: Readonly<Record<string, number>>;
}

export interface VisionEncoder {
  /** Values per row. */
  readonly rowWidth: number;
  /** @throws OllamaError `load-failed` when the file's tensors do not fit together */
  program(picture: Picture): Program;
}

/** Declares the weights of a family and returns its encoder. */
export type VisionFamily = (source: Source) => VisionEncoder;

export function gridOf({ width, height }: Pick<Picture, 'width' | 'height'>, patchSize: number): Grid {
  return { columns: Math.floor(width / patchSize), lines: Math.floor(height / patchSize) };
}
