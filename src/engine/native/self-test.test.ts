import { describe, expect, it } from 'vitest';
import { type Bindings, bindFunctions, type InitParams } from './bindings.ts';
import { loadLibraries } from './libraries.ts';
import { selfTest } from './self-test.ts';

const bindings = bindFunctions(loadLibraries());

describe('selfTest', () => {
  it('accepts the pinned libraries', () => {
    expect(() => selfTest(bindings)).not.toThrow();
  });

  it('rejects another version, naming both', () => {
    const other = { ...bindings, version: () => '9.9.9' } as unknown as Bindings;
    expect(() => selfTest(other)).toThrow(`library version is 9.9.9, expected ${bindings.expectedVersion}`);
  });

  it('rejects the release of another package than the installed one', () => {
    const older = { ...bindings, expectedVersion: '0.3.0-dev' };
    expect(() => selfTest(older)).toThrow(`library version is ${bindings.version()}, expected 0.3.0-dev`);
  });

  it('rejects an interface that passes structs wrongly', () => {
    const { poolCreate } = bindings;
    const misplaced = {
      ...bindings,
      poolCreate: (params: InitParams) =>
        poolCreate({ ...params, mem_size: params.mem_size + 4096, no_alloc: false }),
    } as unknown as Bindings;
    expect(() => selfTest(misplaced)).toThrow(
      /mem_size passed to ggml_init is 8192, expected 4096; no_alloc passed to ggml_init is false, expected true/,
    );
    const empty = { ...bindings, poolCreate: () => null } as unknown as Bindings;
    expect(() => selfTest(empty)).toThrow(/result of ggml_init is null/);
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
