import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import type { DevicePlan } from '../../protocol/load.ts';
import { bindFunctions, type ModelParams } from './bindings.ts';
import { expertPattern } from './expert-overrides.ts';
import { loadLibraries } from './libraries.ts';
import { offloadContext, offloadModel } from './offload.ts';

const addresses = new Map([
  ['CUDA0', 0x1000n],
  ['CUDA1', 0x2000n],
]);
const names = ['CUDA0', 'CUDA1', 'CPU'];
const bindings: Parameters<typeof offloadModel>[0] = Object.assign(bindFunctions(loadLibraries()), {
  maxDevices: () => 4,
  deviceByName: (name: string) => addresses.get(name) ?? null,
  deviceCount: () => names.length,
  deviceAt: (index: number) => BigInt(index),
  deviceName: (device: bigint) => names[Number(device)] ?? '',
});

function offload(devices: DevicePlan | undefined, gpuLayers = -1, expertLayersOnCpu?: number) {
  const params = {
    devices: null,
    n_gpu_layers: -1,
    split_mode: 1,
    main_gpu: 3,
    tensor_split: null,
    tensor_buft_overrides: null,
  };
  const filled: Pick<ModelParams, keyof typeof params> = params;
  offloadModel(bindings, filled, {
    gpuLayers,
    ...(devices && { devices }),
    ...(expertLayersOnCpu !== undefined && { expertLayersOnCpu }),
  });
  return filled;
}

const pointersAt = (address: bigint | null, count: number) => [
  ...new BigUint64Array(koffi.view(address ?? 0n, count * 8)),
];
const floatsAt = (address: bigint | null, count: number) => [
  ...new Float32Array(koffi.view(address ?? 0n, count * 4)),
];

describe('offloadModel', () => {
  it.each([
    ['no plan', undefined],
    ['an empty plan', { gpus: [], split: [] }],
  ])('puts no layers on GPUs with %s, whatever number is requested', (_, plan) => {
    const params = offload(plan, 99);
    expect(params).toMatchObject({ n_gpu_layers: 0, split_mode: 0, main_gpu: 0, tensor_split: null });
    expect(params.devices).not.toBeNull();
    expect(pointersAt(params.devices, 1)).toEqual([0n]);
  });

  it('puts the layers on one GPU', () => {
    const params = offload({ gpus: ['CUDA1'], split: [1] }, 12);
    expect(params).toMatchObject({ n_gpu_layers: 12, split_mode: 0, main_gpu: 0, tensor_split: null });
    expect(pointersAt(params.devices, 2)).toEqual([0x2000n, 0n]);
  });

  it('splits the layers over several GPUs, in the order of the plan', () => {
    const params = offload({ gpus: ['CUDA1', 'CUDA0'], split: [3, 1.5] });
    expect(params).toMatchObject({ n_gpu_layers: -1, split_mode: 1 });
    expect(pointersAt(params.devices, 3)).toEqual([0x2000n, 0x1000n, 0n]);
    expect(floatsAt(params.tensor_split, 4)).toEqual([3, 1.5, 0, 0]);
  });

  it('keeps the experts of the first layers in the memory of the system', () => {
    const { tensor_buft_overrides: list } = offload({ gpus: ['CUDA0'], split: [1] }, -1, 12);
    const [pattern = 0n, buffer, ...end] = pointersAt(list, 4);
    expect(buffer).toBe(bindings.cpuBufferType());
    expect(end).toEqual([0n, 0n]);
    expect(koffi.decode(pattern, 'char', -1)).toBe(expertPattern(12));
  });

  it.each([
    ['no GPU', undefined, 12],
    ['no such layer', { gpus: ['CUDA0'], split: [1] }, 0],
    ['no wish', { gpus: ['CUDA0'], split: [1] }, undefined],
  ])('overrides no tensor with %s', (_, plan, layers) => {
    expect(offload(plan, -1, layers).tensor_buft_overrides).toBeNull();
  });

  it.each<[string, DevicePlan, RegExp]>([
    [
      'an unknown device',
      { gpus: ['Vulkan0'], split: [1] },
      /device "Vulkan0" does not exist; available devices: CUDA0, CUDA1, CPU/,
    ],
    ['too few shares', { gpus: ['CUDA0', 'CUDA1'], split: [1] }, /over 2 GPUs/],
    ['a share of 0', { gpus: ['CUDA0', 'CUDA1'], split: [1, 0] }, /positive numbers: 1, 0/],
    ['a share that is not a number', { gpus: ['CUDA0'], split: [Number.NaN] }, /positive numbers/],
    ['a device listed twice', { gpus: ['CUDA0', 'CUDA0'], split: [1, 1] }, /listed twice/],
    [
      'more GPUs than the maximum',
      { gpus: ['a', 'b', 'c', 'd', 'e'], split: [1, 1, 1, 1, 1] },
      /the maximum is 4/,
    ],
  ])('rejects %s', (_, plan, message) => {
    expect(() => offload(plan)).toThrow(message);
  });
});

describe('offloadContext', () => {
  it('uses GPUs only where the plan has some', () => {
    const params = { offload_kqv: true, op_offload: true };
    offloadContext(params, {});
    expect(params).toEqual({ offload_kqv: false, op_offload: false });
    offloadContext(params, { devices: { gpus: ['CUDA0'], split: [1] } });
    expect(params).toEqual({ offload_kqv: true, op_offload: true });
  });
});

describe('expertPattern', () => {
  const covers = (layers: number, name: string) => new RegExp(expertPattern(layers)).test(name);

  it.each([
    ['blk.0.ffn_gate_exps.weight', true],
    ['blk.2.ffn_up_exps.weight', true],
    ['blk.1.ffn_down_exps.bias', true],
    ['blk.1.ffn_gate_up_exps.weight', true],
    ['blk.1.ffn_down_chexps.weight', true],
    ['blk.3.ffn_gate_exps.weight', false],
    ['blk.12.ffn_gate_exps.weight', false],
    ['blk.1.ffn_gate_shexp.weight', false],
    ['blk.1.ffn_gate_inp.weight', false],
    ['blk.1.ffn_norm_exps.weight', false],
    ['blk.1.ffn_up.weight', false],
  ])('of three layers and %s: %s', (name, expected) => {
    expect(covers(3, name)).toBe(expected);
  });

  it('tells layers apart whose numbers begin alike', () => {
    expect(covers(12, 'blk.11.ffn_up_exps.weight')).toBe(true);
    expect(covers(12, 'blk.12.ffn_up_exps.weight')).toBe(false);
    expect(covers(12, 'blk.110.ffn_up_exps.weight')).toBe(false);
  });
});
