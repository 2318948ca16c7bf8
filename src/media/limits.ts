/**
 * Limits on pictures, sound and documents. They are checked from the header of a file, before anything is allocated for what it claims to
 * hold; the largest accepted picture takes a worker process about a second and half a gigabyte.
 */
import { KIB, MIB } from '../base/units.ts';
import { unusable } from './unusable.ts';

/**
 * Bytes of one file, as many as a body of the largest size holds as base64 (`api/media-text.ts`). A photo of 50 megapixels takes up to
 * 30 MiB; four minutes of sound on a CD take 40.
 */
export const MAX_FILE_BYTES = 48 * MIB;
/** 67 million: a photo of the largest common sensor of a telephone has 50. */
export const MAX_PIXELS = 64 * MIB;
/** Pixels of one side: twice the longest of any camera. Vision models look at a few thousand. */
const MAX_SIDE = 32 * KIB;
/** Longer side by shorter side: with more, nothing is left of the shorter one when a model's preparation has shrunk the longer. */
const MAX_RATIO = 200;
/** Bytes of uncompressed pixels within a file: all pixels in red, green, blue and opacity, and rows of a fifth more. */
export const MAX_RAW_BYTES = 320 * MIB;
/** Passes over a progressive JPEG, each of which decodes the whole picture: ordinary files have up to 16. */
export const MAX_JPEG_SCANS = 100;
/** Seconds of sound of one file: 40 minutes, the longest that any supported model was made for. They take a worker process ten seconds. */
export const MAX_SECONDS = 2400;
/** Samples per second of a sound file: the highest rate of studio equipment. */
const MAX_SAMPLE_RATE = 384_000;
/** The lowest rate that any telephone uses is 8000; a lower one makes long sound from few bytes. */
const MIN_SAMPLE_RATE = 1000;
/** Pages of a PDF file: the longest books have as many. An ordinary page takes a few milliseconds. */
export const MAX_PDF_PAGES = 2000;
/** Characters of a PDF file's text: about a million tokens, more than the context of any model that is run here. */
export const MAX_PDF_CHARACTERS = 4_000_000;
/** Channels of a sound file: more than any loudspeakers of a cinema. */
const MAX_CHANNELS = 32;

/**
 * @param format for people, such as "PNG"
 * @throws OllamaError `invalid-request` for a picture without pixels, or with too many
 */
export function checkSize(
  format: string,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  const size = `the ${format} picture has ${width} x ${height} pixels`;
  if (width < 1 || height < 1) throw unusable(`${size}: at least 1 x 1 is needed`);
  if (width > MAX_SIDE || height > MAX_SIDE)
    throw unusable(`${size}: at most ${MAX_SIDE} per side are accepted`);
  if (width * height > MAX_PIXELS) throw unusable(`${size}: at most ${MAX_PIXELS} in all are accepted`);
  if (Math.max(width, height) > MAX_RATIO * Math.min(width, height)) {
    throw unusable(`${size}: one side may be at most ${MAX_RATIO} times as long as the other`);
  }
}

/** @throws OllamaError `invalid-request` for sound whose rate or number of channels no recording has */
export function checkSound(
  format: string,
  { rate, channels }: { readonly rate: number; readonly channels: number },
): void {
  if (rate < MIN_SAMPLE_RATE || rate > MAX_SAMPLE_RATE) {
    const range = `${MIN_SAMPLE_RATE} to ${MAX_SAMPLE_RATE} are accepted`;
    throw unusable(`the ${format} file has ${rate} samples per second: ${range}`);
  }
  if (channels < 1 || channels > MAX_CHANNELS) {
    throw unusable(`the ${format} file has ${channels} channels: 1 to ${MAX_CHANNELS} are accepted`);
  }
}

/** @throws OllamaError `invalid-request` for sound that lasts too long */
export function checkDuration(format: string, seconds: number): void {
  if (seconds > MAX_SECONDS) {
    throw unusable(
      `the ${format} file lasts longer than ${MAX_SECONDS} s, which is the most that is accepted`,
    );
  }
}
