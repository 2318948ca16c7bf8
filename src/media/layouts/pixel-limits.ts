import { OllamaError } from '../../base/errors.ts';
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { TokenLimits } from './layout.ts';

/** Limits on the area of a picture; absent ones do not bind. */
export interface PixelLimits {
  readonly minPixels?: number;
  readonly maxPixels?: number;
}

/**
 * What the user has set counts first, then what the file states, then the family's own limits.
 * @throws OllamaError `invalid-request` when the minimum is larger than the maximum
 */
export function pixelLimits(image: ImageFacts, { minTokens, maxTokens }: TokenLimits): PixelLimits {
  const pixelsPerToken = (image.patchSize * image.mergeSize) ** 2;
  const pixels = (tokens: number | undefined) => (tokens === undefined ? undefined : tokens * pixelsPerToken);
  const minPixels = pixels(minTokens) ?? image.minPixels ?? pixels(image.minTokens);
  const maxPixels = pixels(maxTokens) ?? image.maxPixels ?? pixels(image.maxTokens);
  if (minPixels !== undefined && maxPixels !== undefined && minPixels > maxPixels) {
    const [least, most] = [minPixels, maxPixels].map((area) => Math.floor(area / pixelsPerToken));
    throw new OllamaError(
      'invalid-request',
      `pictures of at least ${least} and at most ${most} tokens do not exist: change image_min_tokens or image_max_tokens`,
    );
  }
  return { ...(minPixels !== undefined && { minPixels }), ...(maxPixels !== undefined && { maxPixels }) };
}
