import { expect, it } from 'vitest';
import { fitOf, memoryParts } from './fit.ts';

const memory = { weights: 60, kv_cache: 20, compute: 10, adapters: 0, process: 10, total: 100 };

it.each([
  [{ fits: true, evicts: [] }, false, { kind: 'fits' }],
  [{ fits: true, evicts: [] }, true, { kind: 'loaded' }],
  // A loaded model needs no room beside itself.
  [{ fits: false, evicts: [] }, true, { kind: 'loaded' }],
  [{ fits: false, evicts: ['m', 'b'] }, true, { kind: 'evicts', models: ['b'] }],
  [{ fits: true, evicts: ['m'] }, true, { kind: 'reloads' }],
  [{ fits: false }, false, { kind: 'too-large', missingBytes: 20 }],
])('%j of a model that is loaded: %s', (said, isLoaded, fit) => {
  expect(fitOf({ model: 'm', memory, available: 80, ...said }, isLoaded)).toEqual(fit);
});

it('fills the width of a bar with the parts, and with what is free beside them', () => {
  expect(memoryParts({ memory, available: 200 }, 100)).toEqual([
    { kind: 'weights', bytes: 60, from: 0, width: 30 },
    { kind: 'cache', bytes: 20, from: 30, width: 10 },
    { kind: 'compute', bytes: 10, from: 40, width: 5 },
    { kind: 'other', bytes: 10, from: 45, width: 5 },
    { kind: 'free', bytes: 100, from: 50, width: 50 },
  ]);
  const widths = memoryParts({ memory, available: 5 }, 100).map(({ width }) => width);
  expect(widths.reduce((sum, width) => sum + width, 0)).toBe(100);
});
