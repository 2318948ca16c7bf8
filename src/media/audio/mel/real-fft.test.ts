import { expect, it } from 'vitest';
import { RealFft } from './real-fft.ts';

it.each([1, 2, 15, 16, 50, 400])('transforms %d values as the definition does', (size) => {
  const input = Float64Array.from({ length: size }, (_, index) => Math.sin(index * index));
  const fft = new RealFft(size);
  fft.transform(input);
  for (let frequency = 0; frequency < size; frequency++) {
    let [real, imaginary] = [0, 0];
    for (const [index, value] of input.entries()) {
      real += value * Math.cos((2 * Math.PI * frequency * index) / size);
      imaginary -= value * Math.sin((2 * Math.PI * frequency * index) / size);
    }
    expect(fft.real[frequency]).toBeCloseTo(real, 9);
    expect(fft.imaginary[frequency]).toBeCloseTo(imaginary, 9);
  }
});
