/** The size of a picture in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture: three bytes per pixel (red, green, blue), row by row from the top left, without gaps. */
export interface Rgb extends Size {
  readonly data: Uint8Array;
}

/** Bytes of one pixel. */
export const CHANNELS = 3;

/** A red, green and blue value, each 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** A picture of one color. */
export function solid({ width, height }: Size, [red, green, blue]: Color): Rgb {
  const data = new Uint8Array(width * height * CHANNELS);
  if (red === green && green === blue) return { width, height, data: data.fill(red) };
  for (let at = 0; at < data.length; at += CHANNELS) {
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
  }
  return { width, height, data };
}
