import { describe, expect, it } from 'vitest';
import { registryNameOf } from './libraries.ts';

describe('registryNameOf', () => {
  it.each([
    ['/x/libggml-metal.so', 'MTL'],
    ['/x/libggml-blas.so', 'blas'],
    ['/x/libggml-cuda.so', 'cuda'],
    ['/x/fallback/libggml-vulkan.so', 'vulkan'],
    ['C:\\x\\ggml-vulkan.dll', 'vulkan'],
  ])('of %s is %s', (path, name) => {
    expect(registryNameOf(path)).toBe(name);
  });

  it('leaves out what is no GPU library', () => {
    const files = [
      'libggml-base.so',
      'libggml-base.dylib',
      'libggml.metal.v0.4.0.dylib',
      'libggml-cpu-apple_m1.so',
      'libggml-cpu-haswell.so',
      'libllama.v0.5.0.so',
      'ggml-base.dll',
      'ggml-cpu-haswell.dll',
      'libllama.dll',
      '_nlcBuildMetadata.json',
    ];
    for (const file of files) expect(registryNameOf(`/x/${file}`), file).toBeUndefined();
  });
});
