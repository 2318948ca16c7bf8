import { createHash } from 'node:crypto';
import { OllamaError } from '../../base/errors.ts';
import { checkProjector } from '../../gguf/projector/check-projector.ts';
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { ProjectorType } from '../../gguf/projector/projector-types.ts';
import type { ProjectorFacts } from '../../gguf/projector-facts.ts';
import { mostTokens } from '../../gguf/projector-memory.ts';
import { MAX_PIECE_BYTES, type MediaPiece, type PreparedPart, pieceBytes } from '../../protocol/media.ts';
import type { Rgb, Size } from '../image/rgb.ts';
import { layouts } from './families.ts';
import type { ImageLayout, PlanImage, PlannedPart, PlannedPiece } from './layout.ts';

/** Pixels per side of a piece; no family makes larger ones of a picture of common proportions. */
const MAX_SIDE = 65_536;

/** The types of projectors whose pictures can be prepared. */
export const layoutTypes: readonly ProjectorType[] = Object.keys(layouts) as ProjectorType[];

/**
 * How a projector wants its pictures.
 * @throws OllamaError `invalid-request` for a projector without an encoder of pictures, one of another family than
 * `layoutTypes`, and one that `checkProjector` refuses
 */
export function layoutFor(facts: ProjectorFacts): ImageLayout {
  checkProjector(facts);
  const plan = planOf(facts.image);
  const most = mostTokens(facts);
  return {
    prepareImage: (image, limits = {}) => preparedParts(planned(plan, image, limits, most), image),
    countTokens: (size, limits = {}) =>
      planned(plan, size, limits, most).reduce(
        (total, part) => total + (typeof part === 'string' ? 0 : part.tokens),
        0,
      ),
  };
}

function planOf(image: ImageFacts | undefined): PlanImage {
  if (!image) throw new OllamaError('invalid-request', 'this projector takes no pictures');
  const layout = image.type && layouts[image.type];
  if (layout) return layout(image);
  const known = layoutTypes.join(', ');
  const message = `pictures for projectors of the type ${image.type} are not supported; the supported types are ${known}`;
  throw new OllamaError('invalid-request', message);
}

/** @param most number of rows of a piece that the encoder takes */
function planned(
  plan: PlanImage,
  size: Size,
  limits: Parameters<PlanImage>[1],
  most: number,
): readonly PlannedPart[] {
  if (size.width < 1 || size.height < 1)
    throw new OllamaError('invalid-request', 'the picture has no pixels');
  const parts = plan(size, limits);
  for (const part of parts) {
    const problem = typeof part === 'string' ? undefined : problemOf(part, most);
    if (problem === undefined) continue;
    throw new OllamaError('invalid-request', `a picture of ${size.width}x${size.height} pixels ${problem}`);
  }
  return parts;
}

function problemOf({ tokens, width, height }: PlannedPiece, most: number): string | undefined {
  if (tokens < 1 || Math.max(width, height) > MAX_SIDE) return 'is too narrow for this model';
  if (tokens <= most && pieceBytes({ kind: 'image', width, height }) <= MAX_PIECE_BYTES) return undefined;
  return `would become ${tokens} tokens in one piece, and this model takes at most ${most}: lower image_min_tokens or image_max_tokens`;
}

function preparedParts(parts: readonly PlannedPart[], image: Rgb): PreparedPart[] {
  const result: PreparedPart[] = [];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    if (text !== '') result.push({ text });
    text = '';
    const { data } = part.draw(image);
    result.push({ piece: pieceOf(part, data), data });
  }
  return text === '' ? result : [...result, { text }];
}

function pieceOf({ width, height, tokens, grid, place }: PlannedPiece, data: Uint8Array): MediaPiece {
  const head = JSON.stringify(['image', width, height, tokens, grid ?? null, place ?? null]);
  return {
    kind: 'image',
    digest: createHash('sha256').update(head).update(data).digest('hex'),
    width,
    height,
    tokens,
    positions: grid ? Math.max(grid.columns, grid.lines) : tokens,
    ...(grid && { grid }),
    ...(place && { place }),
  };
}
