import { describe, expect, it } from 'vitest';
import type { ReportedDevice } from '../protocol/devices.ts';
import { chooseGpus, type FoundDevices } from './gpu-choice.ts';

const GIB = 2 ** 30;

function reported(id: string, fields: Partial<ReportedDevice> = {}): ReportedDevice {
  return {
    id,
    description: 'NVIDIA GeForce RTX 4090',
    kind: 'gpu',
    library: id.replace(/\d+$/, ''),
    totalBytes: 24 * GIB,
    freeBytes: 20 * GIB,
    ...fields,
  };
}

const processor = reported('CPU', { kind: 'cpu', description: 'AMD Ryzen 9' });
const cuda = (...devices: ReportedDevice[]): FoundDevices => ({
  folder: '/cuda',
  devices: [...devices, processor],
});
const vulkan = (...devices: ReportedDevice[]): FoundDevices => ({
  folder: '/vulkan',
  devices: [...devices, processor],
});
const at = (busId: string) => ({ busId });
const radeon = { description: 'AMD Radeon RX 7900 XTX', busId: '0000:0a:00.0' };
const graphics = { description: 'Intel(R) UHD Graphics', kind: 'igpu' as const };

describe('chooseGpus', () => {
  it.each<[string, FoundDevices[], string[]]>([
    ['nothing', [], []],
    ['a CPU alone', [cuda()], []],
    ['one card', [cuda(reported('CUDA0'))], ['CUDA0']],
    [
      'the same card through both, once',
      [cuda(reported('CUDA0', at('0000:01:00.0'))), vulkan(reported('Vulkan0', at('0000:01:00.0')))],
      ['CUDA0'],
    ],
    [
      'the same card, whichever is listed first',
      [vulkan(reported('Vulkan0', at('0000:0A:00.0'))), cuda(reported('CUDA0', at('0000:0a:00.0')))],
      ['CUDA0'],
    ],
    [
      'a second identical card that only Vulkan may use',
      [
        cuda(reported('CUDA0', at('0000:02:00.0'))),
        vulkan(reported('Vulkan0', at('0000:01:00.0')), reported('Vulkan1', at('0000:02:00.0'))),
      ],
      ['CUDA0', 'Vulkan0'],
    ],
    [
      'two identical cards without a bus address',
      [cuda(reported('CUDA0'), reported('CUDA1')), vulkan(reported('Vulkan0'), reported('Vulkan1'))],
      ['CUDA0', 'CUDA1'],
    ],
    [
      'cards of two vendors',
      [cuda(reported('CUDA0', at('0000:01:00.0'))), vulkan(reported('Vulkan0', radeon))],
      ['CUDA0', 'Vulkan0'],
    ],
    ['no integrated GPU', [vulkan(reported('Vulkan0', graphics), reported('Vulkan1', radeon))], ['Vulkan1']],
    ['one name once', [vulkan(reported('Vulkan0', radeon), reported('Vulkan0'))], ['Vulkan0']],
  ])('offers %s', (_, found, ids) => {
    expect(chooseGpus(found, { integrated: false }).map(({ id }) => id)).toEqual(ids);
  });

  it('offers integrated GPUs when they are allowed', () => {
    const found = [vulkan(reported('Vulkan0', graphics))];
    expect(chooseGpus(found, { integrated: true })).toMatchObject([
      { id: 'Vulkan0', kind: 'igpu', isUnified: true },
    ]);
  });

  it('knows that the GPU of Apple silicon has no memory of its own', () => {
    const apple = reported('MTL0', { library: 'MTL', description: 'Apple M3' });
    const blas = reported('BLAS', { kind: 'cpu' });
    const found = [{ folder: '/metal', devices: [apple, blas, processor] }];
    expect(chooseGpus(found, { integrated: false })).toEqual([
      {
        id: 'MTL0',
        description: 'Apple M3',
        kind: 'gpu',
        library: 'metal',
        isUnified: true,
        totalBytes: 24 * GIB,
        freeBytes: 20 * GIB,
        libraryFolder: '/metal',
      },
    ]);
  });

  it('reports the library, its folder, and never more free memory than the total', () => {
    const found = [vulkan(reported('Vulkan0', { ...radeon, totalBytes: 8 * GIB, freeBytes: 9 * GIB }))];
    expect(chooseGpus(found, { integrated: false })).toEqual([
      {
        id: 'Vulkan0',
        description: 'AMD Radeon RX 7900 XTX',
        kind: 'gpu',
        library: 'vulkan',
        totalBytes: 8 * GIB,
        freeBytes: 8 * GIB,
        libraryFolder: '/vulkan',
      },
    ]);
  });

  it.each([
    ['MTL', 'metal'],
    ['ROCm', 'rocm'],
    ['SYCL', 'sycl'],
    ['constructor', 'other'],
  ])('maps the library %s to %s', (library, expected) => {
    const found = [cuda(reported('X0', { library }))];
    expect(chooseGpus(found, { integrated: false })).toMatchObject([{ library: expected }]);
  });
});
