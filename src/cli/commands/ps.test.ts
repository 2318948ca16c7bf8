import { expect, it } from 'vitest';
import { processorText } from './ps.ts';

it.each([
  [10, 0, '100% CPU'],
  [0, 0, '100% CPU'],
  [10, 10, '100% GPU'],
  [100, 52, '48%/52% CPU/GPU'],
  [100, 65, '35%/65% CPU/GPU'],
  // Halves are rounded up, and the second number makes the sum 100.
  [200, 103, '49%/51% CPU/GPU'],
  [8, 1, '88%/12% CPU/GPU'],
  // A very small share on either side is rounded to 0.
  [1000, 999, '0%/100% CPU/GPU'],
  [1000, 1, '100%/0% CPU/GPU'],
  [10, 11, 'Unknown'],
  [0, 5, 'Unknown'],
])('%d bytes, %d of them on GPUs: %s', (size, onGpu, text) => {
  expect(processorText({ size, size_vram: onGpu })).toBe(text);
});

it('shows a model of an upstream as remote, and whether that gets requests', () => {
  const remote = { size: 0, size_vram: 0, remote_host: 'gpu-box' };
  expect(processorText({ ...remote, remote_state: 'in use' })).toBe('remote');
  expect(processorText({ ...remote, remote_state: 'out of use' })).toBe('remote, out of use');
});
