import type { ImageFormat } from '../media-format.ts';
import { decodeBmp } from './decode-bmp.ts';
import { decodeGif } from './gif/decode-gif.ts';
import { decodeJpeg } from './jpeg/decode-jpeg.ts';
import { decodePng } from './png/decode-png.ts';
import type { Rgb } from './rgb.ts';
import { decodeWebp } from './webp/decode-webp.ts';

const decoders: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Rgb>> = {
  png: decodePng,
  jpeg: decodeJpeg,
  webp: decodeWebp,
  gif: decodeGif,
  bmp: decodeBmp,
};

/**
 * Decodes a picture: upright, over white where it is transparent, its first frame if it is animated. Runs in a worker process
 * only: it takes up to seconds.
 * @throws OllamaError `invalid-request` with what is wrong with the file
 */
export function decodeImage(format: ImageFormat, bytes: Uint8Array): Rgb {
  return decoders[format](bytes);
}
