import type { Rgb } from '../../../src/media/image/rgb.ts';

/** The generator of Numerical Recipes, which the program that made the fixtures uses, too. */
export function* noise(seed = 12345): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

/** A picture without any regularity, the same each time. */
export function noisePicture(width: number, height: number): Rgb {
  const values = noise();
  const data = Uint8Array.from({ length: width * height * 3 }, () => values.next().value >>> 24);
  return { width, height, data };
}
