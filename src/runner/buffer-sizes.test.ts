import { describe, expect, it } from 'vitest';
import { BufferSizes } from './buffer-sizes.ts';

const MEBIBYTE = 1024 * 1024;

function read(lines: readonly string[]): BufferSizes {
  const sizes = new BufferSizes();
  for (const line of lines) sizes.read(line);
  return sizes;
}

describe('BufferSizes', () => {
  it.each<[string, readonly string[], number, Record<string, number>]>([
    [
      'two NVIDIA cards',
      [
        'load_tensors:   CPU_Mapped model buffer size =    78.00 MiB',
        'load_tensors:        CUDA0 model buffer size =  2100.50 MiB',
        'load_tensors:        CUDA1 model buffer size =  1900.25 MiB',
        'llama_context:  CUDA_Host  output buffer size =     0.50 MiB',
        'llama_kv_cache:      CUDA0 KV buffer size =   256.00 MiB',
        'llama_kv_cache:      CUDA1 KV buffer size =   224.00 MiB',
        'sched_reserve:      CUDA0 compute buffer size =   320.00 MiB',
        'sched_reserve:      CUDA1 compute buffer size =   300.00 MiB',
        'sched_reserve:  CUDA_Host compute buffer size =    24.01 MiB',
      ],
      5203.26,
      { CUDA0: 2676.5, CUDA1: 2424.25 },
    ],
    [
      'Vulkan, part of the layers on the CPU',
      [
        'load_tensors:      Vulkan0 model buffer size =  1024.00 MiB',
        'load_tensors:  Vulkan_Host model buffer size =   512.00 MiB',
        'load_tensors:   CPU_REPACK model buffer size =   100.00 MiB',
        'llama_kv_cache:        CPU KV buffer size =    64.00 MiB',
        'llama_kv_cache:    Vulkan0 KV buffer size =   128.00 MiB',
        'llama_memory_recurrent:    Vulkan0 RS buffer size =     2.00 MiB',
        'llama_adapter_lora_init_impl:    Vulkan0 LoRA buffer size =     8.00 MiB',
      ],
      1838,
      { Vulkan0: 1162 },
    ],
    [
      'Metal, whose weights are mapped',
      [
        'load_tensors:  MTL0_Mapped model buffer size =  4685.30 MiB',
        'load_tensors:   CPU_Mapped model buffer size =   281.81 MiB',
        'llama_kv_cache:       MTL0 KV buffer size =   512.00 MiB',
      ],
      5479.11,
      { MTL0: 5197.3 },
    ],
    [
      'ROCm',
      [
        'load_tensors:        ROCm0 model buffer size =   900.00 MiB',
        'llama_context:  ROCm_Host  output buffer size =     1.00 MiB',
      ],
      901,
      { ROCm0: 900 },
    ],
    [
      'a processor with matrix units',
      [
        'load_tensors:          AMX model buffer size =   300.00 MiB',
        'load_tensors:         BLAS model buffer size =    10.00 MiB',
        'sched_reserve:        CPU compute buffer size =    40.00 MiB',
      ],
      350,
      {},
    ],
  ])('counts the buffers of each GPU: %s', (_, lines, total, devices) => {
    const { totalBytes, gpuBytes, deviceBytes } = read(lines).memory();
    const found = Object.entries(deviceBytes).map(([name, bytes]) => [name, bytes / MEBIBYTE] as const);
    expect(totalBytes / MEBIBYTE).toBeCloseTo(total, 4);
    expect(found.map(([name]) => name)).toEqual(Object.keys(devices));
    for (const [name, size] of found) expect(size).toBeCloseTo(devices[name] ?? Number.NaN, 4);
    const onGpus = Object.values(devices).reduce((sum, size) => sum + size, 0);
    expect(gpuBytes / MEBIBYTE).toBeCloseTo(onGpus, 4);
  });

  it('leaves out what drafts for the model once that was let go again', () => {
    const sizes = read(['CPU model buffer size = 100.00 MiB', 'CUDA0 KV buffer size = 10.00 MiB']);
    sizes.beginDrafts();
    for (const line of ['CPU model buffer size = 30.00 MiB', 'CUDA0 KV buffer size = 3.00 MiB'])
      sizes.read(line);
    sizes.ignore();
    sizes.read('CPU compute buffer size = 50.00 MiB');
    const weightBytes = 130 * MEBIBYTE;
    expect(sizes.memory(weightBytes).totalBytes / MEBIBYTE).toBe(143);
    expect(sizes.memory(weightBytes).deviceBytes).toEqual({ CUDA0: 13 * MEBIBYTE });
    expect(sizes.memory(100 * MEBIBYTE, false)).toMatchObject({
      totalBytes: 110 * MEBIBYTE,
      gpuBytes: 10 * MEBIBYTE,
      deviceBytes: { CUDA0: 10 * MEBIBYTE },
    });
  });

  it('tells for each device what its memory is for, and the parts add up', () => {
    const sizes = read([
      'load_tensors:   CPU_Mapped model buffer size =   100.00 MiB',
      'load_tensors:   CPU_REPACK model buffer size =    80.00 MiB',
      'load_tensors:        CUDA0 model buffer size =    20.00 MiB',
      'llama_kv_cache:      CUDA0 KV buffer size =     8.00 MiB',
      'llama_memory_recurrent:    CUDA0 RS buffer size =     2.00 MiB',
      'llama_context:  CUDA_Host  output buffer size =     1.00 MiB',
      'sched_reserve:      CUDA0 compute buffer size =     5.00 MiB',
    ]);
    const { totalBytes, devices } = sizes.memory(120 * MEBIBYTE);
    const inMebibytes = devices.map(({ device, ...parts }) => [
      device,
      ...Object.values(parts).map((bytes) => bytes / MEBIBYTE),
    ]);
    expect(inMebibytes).toEqual([
      ['system', 100, 0, 1, 0],
      ['CUDA0', 20, 10, 5, 0],
    ]);
    const sum = devices.reduce((all, { weights, cache, compute }) => all + weights + cache + compute, 0);
    expect(sum).toBe(totalBytes);
  });

  it('does not grow with the number of device names', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `GPU${index} model buffer size = 1.00 MiB`);
    const { deviceBytes, gpuBytes } = read(names).memory();
    expect(Object.keys(deviceBytes).length).toBeLessThanOrEqual(64);
    expect(gpuBytes).toBe(1000 * MEBIBYTE);
  });

  it.each([
    ['all layers', ['offloaded 33/33 layers to GPU', 'CUDA0 KV buffer size = 1.00 MiB'], true],
    ['some layers', ['offloaded 32/33 layers to GPU', 'CUDA0 KV buffer size = 1.00 MiB'], false],
    ['the newest line of two', ['offloaded 33/33 layers to GPU', 'offloaded 0/33 layers to GPU'], false],
    [
      'no GPU, whatever was requested',
      ['offloaded 33/33 layers to GPU', 'CPU KV buffer size = 1.00 MiB'],
      false,
    ],
    [
      'all layers without some experts',
      [
        'tensor blk.0.ffn_up_exps.weight (96 MiB q4_K) buffer type overridden to CUDA_Host',
        'offloaded 33/33 layers to GPU',
        'CUDA0 KV buffer size = 1.00 MiB',
      ],
      false,
    ],
    [
      'all layers with tensors moved between GPUs',
      [
        'tensor blk.0.ffn_up_exps.weight (96 MiB q4_K) buffer type overridden to CUDA1',
        'offloaded 33/33 layers to GPU',
        'CUDA0 KV buffer size = 1.00 MiB',
      ],
      true,
    ],
  ])('detects whether all layers are on GPUs: %s', (_, lines, all) => {
    expect(read(lines).memory().allLayersOnGpu).toBe(all);
  });

  // The part mapped for the CPU spans the file from its first to its last tensor on the CPU.
  it.each<[string, readonly string[], number, number]>([
    [
      'the overlap of a mapped file with weights on the GPU',
      ['CUDA0 model buffer size = 900.00 MiB', 'CPU_Mapped model buffer size = 950.00 MiB'],
      1000,
      1000,
    ],
    [
      'at most the mapped part',
      ['CUDA0 model buffer size = 200.00 MiB', 'CPU_Mapped model buffer size = 10.00 MiB'],
      100,
      200,
    ],
    [
      'nothing where both fit into the file',
      ['CUDA0 model buffer size = 65.00 MiB', 'CPU_Mapped model buffer size = 70.00 MiB'],
      136,
      135,
    ],
    [
      'weights that are both mapped and copied into another layout',
      ['CPU_Mapped model buffer size = 100.00 MiB', 'CPU_REPACK model buffer size = 80.00 MiB'],
      100,
      100,
    ],
    [
      'nothing of a file that is read, not mapped',
      ['CPU model buffer size = 80.00 MiB', 'CUDA0 model buffer size = 80.00 MiB'],
      100,
      160,
    ],
  ])('leaves out %s', (_, lines, weights, total) => {
    expect(read(lines).memory(weights * MEBIBYTE).totalBytes).toBe(total * MEBIBYTE);
  });
});
