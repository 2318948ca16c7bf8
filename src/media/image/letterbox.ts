import { type Filter, resize } from './resize.ts';
import { CHANNELS, type Color, type Rgb, type Size, solid } from './rgb.ts';

/** How a picture is put into a frame of other proportions. */
export interface LetterboxOptions {
  readonly filter: Filter;
  /** How the size within the frame and the place are rounded: up and down, or to the nearest pixel (as Pillow's `pad` does). */
  readonly rounding: 'ceil' | 'nearest';
  /** The color of what the picture leaves free. */
  readonly color: Color;
}

/**
 * Resizes a picture to the largest size of the same proportions within a frame, and centers it there. Sizes are computed in
 * single precision, as llama.cpp's multimodal tool does, because a pixel more or less moves the whole picture.
 */
export function letterbox(image: Rgb, frame: Size, { filter, rounding, color }: LetterboxOptions): Rgb {
  if (image.width === frame.width && image.height === frame.height) return image;
  const { fround } = Math;
  const scale = Math.min(fround(frame.width / image.width), fround(frame.height / image.height));
  const round = rounding === 'nearest' ? Math.round : Math.ceil;
  const scaled = (length: number, most: number) => Math.min(round(fround(length * scale)), most);
  const size = { width: scaled(image.width, frame.width), height: scaled(image.height, frame.height) };
  const margin = (free: number) => (rounding === 'nearest' ? Math.round(free / 2) : Math.trunc(free / 2));
  const ground = solid(frame, color);
  paste(ground, resize(image, size, filter), {
    x: margin(frame.width - size.width),
    y: margin(frame.height - size.height),
  });
  return ground;
}

/** A part of a picture, in pixels from its top left. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/** @param box must lie within the picture */
export function crop(image: Rgb, { x, y, width, height }: Box): Rgb {
  const { data } = image;
  if (x < 0 || y < 0 || x + width > image.width || y + height > image.height) {
    throw new RangeError(
      `a box of ${width}x${height} at ${x},${y} is not within ${image.width}x${image.height}`,
    );
  }
  const result = new Uint8Array(width * height * CHANNELS);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * image.width + x) * CHANNELS;
    result.set(data.subarray(start, start + width * CHANNELS), row * width * CHANNELS);
  }
  return { width, height, data: result };
}

/** Draws a picture that fits into another one. */
export function paste(ground: Rgb, image: Rgb, { x, y }: { readonly x: number; readonly y: number }): void {
  const rowBytes = image.width * CHANNELS;
  for (let row = 0; row < image.height; row++) {
    const start = row * rowBytes;
    ground.data.set(image.data.subarray(start, start + rowBytes), ((y + row) * ground.width + x) * CHANNELS);
  }
}
