import { describe, expect, it } from 'vitest';
import { type Bindings, bindFunctions } from './bindings.ts';
import { loadLibraries } from './libraries.ts';
import { selfTest } from './self-test.ts';

const bindings = bindFunctions(loadLibraries());

describe('selfTest', () => {
  it('accepts the pinned libraries', () => {
    expect(() => selfTest(bindings)).not.toThrow();
  });

  it('rejects another version, naming both', () => {
    const other = { ...bindings, version: () => '9.9.9' } as unknown as Bindings;
    expect(() => selfTest(other)).toThrow(/library version is 9\.9\.9, expected 0\.5\.0-dev/);
  });

  it('rejects libraries whose fields have moved', () => {
    const shifted = {
      ...bindings,
      contextDefaultParams: () => ({ ...bindings.contextDefaultParams(), n_batch: 512, n_ubatch: 1 }),
    } as unknown as Bindings;
    expect(() => selfTest(shifted)).toThrow(
      /n_batch is 512, expected 2048; default n_ubatch is 1, expected 512/,
    );
  });
});
