/** Families that see every picture in one size. */
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { Filter } from '../image/resize.ts';
import type { Color } from '../image/rgb.ts';
import { padded, stretched } from './drawing.ts';
import type { PlanImage } from './layout.ts';
import { patchCount } from './rows.ts';

interface FixedOptions {
  readonly filter: Filter;
  /** The color beside a picture that is not square; absent = the picture is stretched. */
  readonly padding?: Color;
  readonly before?: string;
  readonly after?: string;
  /** Number of rows, from the number of patches. */
  readonly rows?: (patches: number, image: ImageFacts) => number;
}

export function fixedSize(image: ImageFacts, options: FixedOptions): PlanImage {
  const { filter, padding, before = '', after = '', rows = (patches) => patches } = options;
  const size = { width: image.size, height: image.size };
  const draw = padding ? padded(size, filter, padding) : stretched(size, filter);
  const tokens = rows(patchCount(size, image), image);
  return () => [before, { ...size, tokens, draw }, after];
}
