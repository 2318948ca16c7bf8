import { OllamaError } from '../../base/errors.ts';
import type { ProjectorFacts } from '../projector-facts.ts';
import { unsupportedType } from './encoded-types.ts';
import type { ImageFacts } from './image-facts.ts';
import type { ProjectorType } from './projector-types.ts';

/** Pixels per side of the largest picture or tile: the 48 MiB that a piece may have (`MAX_PIECE_BYTES`). */
const MAX_SIZE = 4096;
const MAX_PATCH_SIZE = 65_535;
const MAX_BLOCKS = 1024;
/** Families whose pieces are all squares of the stated size, with a position for each patch. */
const squareTypes: ReadonlySet<string> = new Set<ProjectorType>([
  ...(['adapter', 'cogvlm', 'gemma3', 'idefics3', 'internvl', 'janus_pro'] as const),
  ...(['ldp', 'ldpv2', 'llama4', 'mlp', 'nemotron_v2_vl'] as const),
]);

/**
 * Refuses a projector that no encoder can run: of an unknown type, or with numbers missing or out of range.
 * @throws OllamaError `invalid-request` naming the unknown type or the first such number
 */
export function checkProjector(facts: ProjectorFacts): void {
  const { image, audio } = facts;
  if (image) {
    if (image.type === undefined) throw unsupportedType(facts, 'image');
    checkImage(image);
    checkPositions(image, facts.tensors.get('v.position_embd.weight')?.shape);
  }
  if (audio) {
    if (audio.type === undefined) throw unsupportedType(facts, 'audio');
    checkNumbers('clip.audio', audio, ['width', 'heads', 'blocks', 'feedForward', 'melBins']);
  }
}

/** @throws OllamaError as `checkProjector` */
function checkImage(image: ImageFacts): void {
  // Older converters of Qwen2-VL left the size of the feed-forward layers out, which the tensors state as well.
  checkNumbers('clip.vision', image, ['width', 'heads', 'blocks']);
  const { size, patchSize, mergeSize, mean, std, heads, width } = image;
  const wrong = (key: string, rule: string) =>
    new OllamaError('invalid-request', `this projector cannot be used: clip.vision.${key} ${rule}`);
  if (size < 0 || size > MAX_SIZE) throw wrong('image_size', `must be from 0 to ${MAX_SIZE}`);
  if (patchSize < 1 || patchSize > MAX_PATCH_SIZE)
    throw wrong('patch_size', `must be from 1 to ${MAX_PATCH_SIZE}`);
  if (mergeSize < 1 || mergeSize > MAX_PATCH_SIZE)
    throw wrong('projector.scale_factor', 'must be a positive number');
  if (mean.length < 3) throw wrong('image_mean', 'must have three numbers');
  if (std.length < 3 || std.includes(0)) throw wrong('image_std', 'must have three numbers other than 0');
  if (width % heads !== 0) throw wrong('embedding_length', 'must be a multiple of attention.head_count');
  const { minPixels = 0, maxPixels = Number.POSITIVE_INFINITY } = image;
  if (minPixels > maxPixels) throw wrong('image_min_pixels', 'must not be larger than image_max_pixels');
}

/**
 * A size that the rest of the file does not bear out would fail at the first picture, after much memory was taken for it.
 * @throws OllamaError as `checkProjector`
 */
function checkPositions({ type, size, patchSize }: ImageFacts, table: readonly number[] = []): void {
  const [, positions] = table;
  const patches = Math.floor(size / patchSize) ** 2;
  if (type === undefined || !squareTypes.has(type) || positions === undefined || patches <= positions) return;
  const message = `this projector cannot be used: clip.vision.image_size is ${size}, which makes ${patches} patches, but v.position_embd.weight has only ${positions} positions`;
  throw new OllamaError('invalid-request', message);
}

const keys: Readonly<Record<string, string>> = {
  width: 'embedding_length',
  heads: 'attention.head_count',
  blocks: 'block_count',
  feedForward: 'feed_forward_length',
  melBins: 'num_mel_bins',
};

function checkNumbers<F extends object>(
  prefix: string,
  facts: F,
  names: readonly (keyof F & string)[],
): void {
  for (const name of names) {
    const value = facts[name];
    const most = name === 'blocks' ? MAX_BLOCKS : MAX_PATCH_SIZE;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most) continue;
    const message = `this projector cannot be used: ${prefix}.${keys[name] ?? name} must be from 1 to ${most}`;
    throw new OllamaError('invalid-request', message);
  }
}
