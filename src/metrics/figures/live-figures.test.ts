import { describe, expect, it } from 'vitest';
import { type LiveModel, type LiveWait, momentOf } from './live-figures.ts';

const model: LiveModel = {
  name: 'a',
  state: 'ready',
  contextLength: 100,
  slots: 4,
  activeRequests: 2,
  predictedBytes: 1000,
};
const wait: LiveWait = { name: 'a', priority: 0, waitedMs: 5, reason: 'slot' };

function statesOf(models: readonly LiveModel[], waiting: readonly LiveWait[]) {
  return momentOf({ models: () => models, waiting: () => waiting }).models;
}

describe('momentOf', () => {
  it('puts the instances of a model together while a longer one takes over', () => {
    const longer = { ...model, contextLength: 200, activeRequests: 1, state: 'loading' } as const;
    expect(statesOf([model, longer], [wait, { ...wait, reason: 'memory' }])).toEqual([
      {
        ...{ name: 'a', isLoaded: true, isReady: true, running: 3, waiting: 2, waitingForLoad: 0 },
        ...{ capacity: 1200, predictedBytes: 2000 },
      },
    ]);
  });

  it('knows a model that requests wait for although nothing of it is loaded', () => {
    expect(statesOf([], [{ ...wait, reason: 'load' }])).toMatchObject([
      { name: 'a', isLoaded: false, isReady: false, running: 0, waiting: 1, waitingForLoad: 1, capacity: 0 },
    ]);
  });
});
