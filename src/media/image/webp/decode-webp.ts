import { checkSize } from '../../limits.ts';
import { unusable } from '../../unusable.ts';
import { type CodecMemory, lend, startCodec } from '../../wasm-codec.ts';
import { paste } from '../letterbox.ts';
import { orientationOf, upright } from '../orientation.ts';
import { rgbOverWhite } from '../over-white.ts';
import { type Rgb, type Size, solid } from '../rgb.ts';
import { readContainer } from './webp-container.ts';

/** libwebp's own interface (decode.h). */
interface Webp extends CodecMemory {
  WebPDecodeRGBA(file: number, bytes: number, width: number, height: number): number;
}

/**
 * Decodes a WebP file: lossy or lossless, over white where it is transparent; the first picture of an animation.
 * @throws OllamaError `invalid-request`
 */
export function decodeWebp(bytes: Uint8Array): Rgb {
  const { canvas, place, still, exif } = readContainer(bytes);
  checkSize('WebP', canvas);
  const picture = decompress(still, place);
  const image =
    picture.width === canvas.width && picture.height === canvas.height
      ? picture
      : solid(canvas, [255, 255, 255]);
  if (image !== picture) paste(image, picture, place);
  return exif ? upright(image, orientationOf(exif)) : image;
}

function decompress(file: Uint8Array, { width, height }: Size): Rgb {
  const rgba = decoded(file, width, height);
  return { width, height, data: rgbOverWhite(rgba) };
}

function decoded(file: Uint8Array, width: number, height: number): Uint8Array {
  try {
    const codec = startCodec<Webp>('@cwasm/webp/webp.wasm');
    const size = codec.malloc(2 * Uint32Array.BYTES_PER_ELEMENT);
    const pixels = codec.WebPDecodeRGBA(lend(codec, file), file.length, size, size + 4);
    const [codecWidth, codecHeight] = new Uint32Array(codec.memory.buffer, size, 2);
    if (pixels === 0 || codecWidth !== width || codecHeight !== height) throw new Error('no picture');
    return new Uint8Array(codec.memory.buffer, pixels, width * height * 4);
  } catch {
    throw unusable('the WebP file is damaged');
  }
}
