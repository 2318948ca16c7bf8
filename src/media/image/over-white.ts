/**
 * Pictures with transparent parts are put on white paper. llama.cpp's tool drops the opacity instead and shows what color the
 * transparent parts happen to have, mostly black, which hides black text on a transparent ground from the model.
 */

/** @returns a color value over white; both values are 0 to 255 */
export function overWhite(value: number, opacity: number): number {
  return Math.round((value * opacity) / 255) + 255 - opacity;
}

const RGBA_CHANNELS = 4;

/** @param rgba four bytes per pixel: red, green, blue and opacity */
export function rgbOverWhite(rgba: Uint8Array): Uint8Array {
  const result = new Uint8Array((rgba.length / RGBA_CHANNELS) * 3);
  for (let source = 0, target = 0; source < rgba.length; source += RGBA_CHANNELS, target += 3) {
    const opacity = rgba[source + 3] as number;
    if (opacity === 255) {
      result[target] = rgba[source] as number;
      result[target + 1] = rgba[source + 1] as number;
      result[target + 2] = rgba[source + 2] as number;
    } else {
      result[target] = overWhite(rgba[source] as number, opacity);
      result[target + 1] = overWhite(rgba[source + 1] as number, opacity);
      result[target + 2] = overWhite(rgba[source + 2] as number, opacity);
    }
  }
  return result;
}
