import { OllamaError } from '../../base/errors.ts';
import type { ImageFacts } from '../../gguf/projector/image-facts.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import type { DeclareEncoder, PieceEncoder } from '../media/graph-projector.ts';
import type { VisionFamily } from './encoder.ts';
import { normalisedPixels } from './pixels.ts';

const CHANNELS = 3;
/** Pixels per side of the sample where the file states no size. */
const DEFAULT_SIZE = 224;
/** Most pixels per side of the sample: families with larger pieces take them of any size. */
const MOST_SAMPLE_SIZE = 1024;

/** The encoder of pictures of one family. */
export function pictureEncoder(family: VisionFamily, image: ImageFacts): DeclareEncoder {
  return (weights, flash): PieceEncoder => {
    const encoder = family({ weights, facts: image, flash });
    return {
      rowWidth: encoder.rowWidth,
      program: ({ width, height, place = {} }, data) => {
        if (width < image.patchSize || height < image.patchSize)
          throw new OllamaError('runner-failed', `a picture of ${width} x ${height} is smaller than a patch`);
        const pixels = normalisedPixels({ width, height, data }, image.mean, image.std);
        return encoder.program({ width, height, pixels, place });
      },
      sample: sampleOf(image),
    };
  };
}

/** A square picture of the size for which the model was trained, or of a smaller one, in whole squares of patches. */
function sampleOf({ size, patchSize, mergeSize }: ImageFacts): PieceEncoder['sample'] {
  const unit = patchSize * mergeSize;
  const wanted = Math.min(size > 0 ? size : DEFAULT_SIZE, MOST_SAMPLE_SIZE);
  const side = Math.max(1, Math.floor(wanted / unit)) * unit;
  const piece: MediaPiece = { kind: 'image', digest: '', width: side, height: side, tokens: 0, positions: 0 };
  return { piece, data: new Uint8Array(side * side * CHANNELS) };
}
