/** What an encoder of pictures or sound takes in memory, from its facts alone: the scheduler places it before it is loaded. */
import { MIB } from '../base/units.ts';
import type { AudioFacts } from './projector/audio-facts.ts';
import type { ImageFacts } from './projector/image-facts.ts';
import type { ProjectorFacts } from './projector-facts.ts';

export interface ProjectorMemory {
  /** Bytes of the weights. */
  readonly weightBytes: number;
  /** Most bytes of everything else while a piece is encoded; none of it is held in between. */
  readonly bufferBytes: number;
}

/** Most memory for values inside one graph; the engine cuts its work so that it stays below. */
export const STAGE_BYTES = 96 * MIB;
/** ggml's scheduler and the descriptions of a graph's tensors. */
const SCHEDULE_BYTES = 12 * MIB;
/** ggml aligns tensors to this. */
const ALIGNMENT = 64;
const FLOAT_BYTES = 4;
const CHANNELS = 3;
/** Two generations of what passes from block to block, queries, keys and values, and what the projector makes of them. */
const COPIES_OF_ROWS = 2 + 3 + 2;
/** Copies of all rows in the largest graph that is not cut, such as one that joins patches. */
const COPIES_IN_WHOLE_PASS = 5;
/** Rows that the encoders of sound compute in one go: 30 s in Whisper's resolution. */
const SOUND_ROWS = 1500;
const FRAMES_PER_ROW = 2;
/** A row for each line of patches, at worst one for each row; and the two around a picture. */
const ROWS_AROUND = 2;
/** Longer side by shorter side of a picture; `media/limits.ts` refuses a larger ratio. */
const MAX_RATIO = 200;
/** Pixels per side of the tiles of LFM2-VL, whatever its files state. */
const LFM2_TILE = 512;
/** Families whose pieces have the area of a square, but the proportions of the picture. */
const proportionalTypes: ReadonlySet<string | undefined> = new Set(['resampler', 'minicpmv4_6']);

export function projectorMemory(facts: ProjectorFacts): ProjectorMemory {
  const buffers = [facts.image && pictureBytes(facts.image), facts.audio && soundBytes(facts.audio)];
  return {
    weightBytes: facts.tensorBytes + facts.tensors.size * ALIGNMENT,
    bufferBytes: Math.max(0, ...buffers.map((bytes) => bytes ?? 0)) + SCHEDULE_BYTES,
  };
}

/** Most rows that one piece becomes. */
export function mostTokens(facts: ProjectorFacts): number {
  const { image, audio } = facts;
  return Math.max(image ? mostPictureRows(image) : 0, audio ? SOUND_ROWS : 0);
}

/** Most pixels of one piece: of a picture, or of a tile where the family cuts pictures. */
function mostPixels(image: ImageFacts): number {
  const { size, patchSize, mergeSize, maxPixels, maxTokens, longestEdge, type } = image;
  const fromTokens = maxTokens === undefined ? 0 : maxTokens * (patchSize * mergeSize) ** 2;
  // Of the families with a longest edge, only this one does not cut pictures into tiles.
  const isEdged = type === 'lightonocr' && longestEdge !== undefined;
  const row = patchSize * mergeSize;
  // Rounding may lengthen a side by a row.
  const fromEdge = isEdged ? ((Math.ceil(longestEdge / row) + 1) * row) ** 2 : 0;
  const fromTile = type === 'lfm2' ? (Math.ceil(LFM2_TILE / row) * row) ** 2 : 0;
  const varying = Math.max(maxPixels ?? fromTokens, fromEdge, fromTile);
  if (varying > 0) return varying;
  return proportionalTypes.has(type) ? proportionalPixels(image) : size ** 2;
}

/** Both sides are rounded to whole rows, which adds most where one of them is short. */
function proportionalPixels({ size, patchSize, mergeSize }: ImageFacts): number {
  const row = patchSize * mergeSize;
  const side = (length: number) => Math.max(row, length + row / 2);
  return side(size * Math.sqrt(MAX_RATIO)) * side(size / Math.sqrt(MAX_RATIO));
}

function mostPatches(image: ImageFacts): number {
  return Math.ceil(mostPixels(image) / image.patchSize ** 2);
}

function mostPictureRows(image: ImageFacts): number {
  const { mergeSize, hasLineBreaks, resampler, type } = image;
  if (resampler) return resampler.queries;
  const rows = Math.ceil(mostPatches(image) / mergeSize ** 2);
  // A picture of one column has as many ends of lines as rows.
  return rows * (hasLineBreaks || type === 'deepseekocr' ? 2 : 1) + ROWS_AROUND;
}

function pictureBytes(image: ImageFacts): number {
  const patches = mostPatches(image);
  const rowBytes = patches * image.width * FLOAT_BYTES;
  const pixels = mostPixels(image) * CHANNELS * FLOAT_BYTES;
  const features = Math.max(image.featureLayers.length, image.deepstackBlocks.length);
  return (
    pixels + rowBytes * (COPIES_OF_ROWS + features) + Math.max(STAGE_BYTES, rowBytes * COPIES_IN_WHOLE_PASS)
  );
}

function soundBytes({ width, melBins }: AudioFacts): number {
  const rowBytes = SOUND_ROWS * width * FLOAT_BYTES;
  const frames = SOUND_ROWS * FRAMES_PER_ROW;
  // The convolutions at the beginning see twice as many frames.
  const whole = frames * (3 * melBins + 3 * width) * FLOAT_BYTES;
  return frames * melBins * FLOAT_BYTES + rowBytes * COPIES_OF_ROWS + Math.max(STAGE_BYTES, whole);
}
