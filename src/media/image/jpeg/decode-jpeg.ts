import { checkSize, MAX_JPEG_SCANS } from '../../limits.ts';
import { unusable } from '../../unusable.ts';
import { type CodecMemory, lend, startCodec } from '../../wasm-codec.ts';
import { orientationOf, upright } from '../orientation.ts';
import type { Rgb } from '../rgb.ts';
import { countScans, hasEnd, type JpegHeader, readHeader } from './jpeg-header.ts';

/** libjpeg-turbo's own interface (turbojpeg.h, version 2.0). */
interface TurboJpeg extends CodecMemory {
  tjInitDecompress(): number;
  tjDecompressHeader3(
    handle: number,
    file: number,
    bytes: number,
    width: number,
    height: number,
    subsampling: number,
    colors: number,
  ): number;
  tjDecompress2(
    handle: number,
    file: number,
    bytes: number,
    target: number,
    width: number,
    rowBytes: number,
    height: number,
    format: number,
    flags: number,
  ): number;
}

const RGB_FORMAT = 0;
const CMYK_FORMAT = 11;
const INKS = 4;

/**
 * Decodes a JPEG file: baseline or progressive, gray, color, CMYK or YCCK, turned as its EXIF metadata says.
 * @throws OllamaError `invalid-request`
 */
export function decodeJpeg(bytes: Uint8Array): Rgb {
  const header = readHeader(bytes);
  checkSize('JPEG', header);
  if (header.precision !== 8)
    throw unusable(`the JPEG file has ${header.precision} bits per sample: only 8 are accepted`);
  if (![1, 3, INKS].includes(header.components))
    throw unusable('the JPEG file has an unusual number of colors');
  const scans = countScans(bytes);
  if (scans > MAX_JPEG_SCANS) {
    throw unusable(
      `the JPEG file has ${scans} passes over the picture: at most ${MAX_JPEG_SCANS} are accepted`,
    );
  }
  if (!hasEnd(bytes)) throw unusable('the JPEG file ends early');
  const data = decompress(bytes, header);
  const image = { width: header.width, height: header.height, data };
  return header.exif ? upright(image, orientationOf(header.exif)) : image;
}

function decompress(bytes: Uint8Array, { width, height, components, isInverted }: JpegHeader): Uint8Array {
  const isPrint = components === INKS;
  const rowBytes = width * (isPrint ? INKS : 3);
  try {
    const codec = startCodec<TurboJpeg>('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
    const handle = codec.tjInitDecompress();
    const file = lend(codec, bytes);
    const facts = codec.malloc(4 * Uint32Array.BYTES_PER_ELEMENT);
    codec.tjDecompressHeader3(handle, file, bytes.length, facts, facts + 4, facts + 8, facts + 12);
    const [codecWidth, codecHeight] = new Uint32Array(codec.memory.buffer, facts, 2);
    if (codecWidth !== width || codecHeight !== height) throw new Error('the codec reads another header');
    const target = codec.malloc(rowBytes * height);
    if (target === 0) throw new Error('the codec has no memory left');
    const format = isPrint ? CMYK_FORMAT : RGB_FORMAT;
    // It returns -1 also for what it could repair, after which the picture is there; what it cannot repair, it throws.
    codec.tjDecompress2(handle, file, bytes.length, target, width, rowBytes, height, format, 0);
    const pixels = new Uint8Array(codec.memory.buffer, target, rowBytes * height);
    return isPrint ? rgbOfInks(pixels, isInverted) : pixels.slice();
  } catch {
    throw unusable('the JPEG file is damaged, or of a kind that cannot be decoded');
  }
}

/** Inks without a color profile: what they leave of white light. */
function rgbOfInks(inks: Uint8Array, isInverted: boolean): Uint8Array {
  const data = new Uint8Array((inks.length / INKS) * 3);
  const light = (ink: number) => (isInverted ? ink : 255 - ink);
  for (let source = 0, target = 0; source < inks.length; source += INKS, target += 3) {
    const black = light(inks[source + 3] as number);
    data[target] = Math.round((light(inks[source] as number) * black) / 255);
    data[target + 1] = Math.round((light(inks[source + 1] as number) * black) / 255);
    data[target + 2] = Math.round((light(inks[source + 2] as number) * black) / 255);
  }
  return data;
}
