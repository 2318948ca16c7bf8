import { FileBytes } from '../file-bytes.ts';
import { CHANNELS, type Rgb } from './rgb.ts';

/**
 * How a picture is to be turned and mirrored, as EXIF counts: 1 is upright, 3 turned by half, 6 and 8 by a quarter, and the
 * others are mirrored as well.
 */
type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT_TYPE = 3;
const ENTRY_BYTES = 12;
/** More entries than any camera writes: what follows may be anything. */
const MAX_ENTRIES = 512;

/**
 * Reads the orientation out of the TIFF structure of EXIF metadata (EXIF 2.32, section 4.6).
 * @returns 1 for metadata without it, and for damaged metadata: the picture itself may be sound
 */
export function orientationOf(exif: Uint8Array): Orientation {
  try {
    return readOrientation(new FileBytes('EXIF', exif));
  } catch {
    return 1;
  }
}

function readOrientation(exif: FileBytes): Orientation {
  const order = exif.name(0);
  const isLittle = order === 'II*\0';
  if (!isLittle && order !== 'MM\0*') return 1;
  const short = (at: number) => (isLittle ? exif.shortLittle(at) : exif.short(at));
  const long = (at: number) => (isLittle ? exif.longLittle(at) : exif.long(at));
  const folder = long(4);
  const entries = Math.min(short(folder), MAX_ENTRIES);
  for (let index = 0; index < entries; index++) {
    const at = folder + 2 + index * ENTRY_BYTES;
    if (short(at) !== ORIENTATION_TAG || short(at + 2) !== SHORT_TYPE) continue;
    const value = short(at + 8);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** @returns the picture as people are meant to see it */
export function upright(image: Rgb, orientation: Orientation): Rgb {
  if (orientation === 1) return image;
  const { width, height, data } = image;
  const isTurned = orientation >= 5;
  const result = { width: isTurned ? height : width, height: isTurned ? width : height };
  const { start, right, down } = walk(orientation, width, height);
  const turned = new Uint8Array(data.length);
  let target = 0;
  for (let y = 0; y < result.height; y++) {
    let source = (start + y * down) * CHANNELS;
    for (let x = 0; x < result.width; x++, source += right * CHANNELS, target += CHANNELS) {
      turned[target] = data[source] as number;
      turned[target + 1] = data[source + 1] as number;
      turned[target + 2] = data[source + 2] as number;
    }
  }
  return { ...result, data: turned };
}

/** In pixels of the source: where the top left of the upright picture is, and how far its right and lower neighbors are. */
function walk(orientation: Orientation, width: number, height: number) {
  const last = width - 1;
  const bottom = (height - 1) * width;
  const walks = {
    1: { start: 0, right: 1, down: width },
    2: { start: last, right: -1, down: width },
    3: { start: bottom + last, right: -1, down: -width },
    4: { start: bottom, right: 1, down: -width },
    5: { start: 0, right: width, down: 1 },
    6: { start: bottom, right: -width, down: 1 },
    7: { start: bottom + last, right: -width, down: -1 },
    8: { start: last, right: width, down: -1 },
  };
  return walks[orientation];
}
