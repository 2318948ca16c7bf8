import { expect, it } from 'vitest';
import { processorText } from './ps.ts';

it.each([
  [10, 0, '100% CPU'],
  [0, 0, '100% CPU'],
  [10, 10, '100% GPU'],
  [100, 52, '48%/52% CPU/GPU'],
  [100, 65, '35%/65% CPU/GPU'],
  // Halves go up, and the second number is what is left of a hundred.
  [200, 103, '49%/51% CPU/GPU'],
  [8, 1, '88%/12% CPU/GPU'],
  // A sliver on either side is rounded away.
  [1000, 999, '0%/100% CPU/GPU'],
  [1000, 1, '100%/0% CPU/GPU'],
  [10, 11, 'Unknown'],
  [0, 5, 'Unknown'],
])('of %d bytes, %d on GPUs: %s', (size, onGpu, text) => {
  expect(processorText({ size, size_vram: onGpu })).toBe(text);
});
