import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/logger.ts';
import type { DeviceReport } from '../protocol/devices.ts';
import { createGpuLister } from './gpu-lister.ts';

const report: DeviceReport = {
  devices: [
    { id: 'CUDA0', description: 'A card', kind: 'gpu', library: 'CUDA', totalBytes: 10, freeBytes: 5 },
  ],
  problems: [],
};

function setUp(answer: (folder: string) => DeviceReport) {
  const asked: string[] = [];
  const warnings: string[] = [];
  let now = 1000;
  const list = createGpuLister({
    folders: () => ['/cuda', '/vulkan'],
    list: async (folder) => {
      asked.push(folder);
      return answer(folder);
    },
    integrated: false,
    clock: { now: () => now, date: () => now, after: () => () => undefined },
    logger: {
      ...silentLogger,
      warn: (message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`),
    },
  });
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { list, asked, warnings, advance };
}

describe('createGpuLister', () => {
  it('continues without a backend that fails, logs it, and queries it again only after a while', async () => {
    const { list, asked, warnings, advance } = setUp((folder) => {
      if (folder === '/vulkan') throw new Error('the process was killed by SIGSEGV');
      return report;
    });
    expect(await list()).toMatchObject([{ id: 'CUDA0' }]);
    expect(await list()).toMatchObject([{ id: 'CUDA0' }]);
    expect(asked).toEqual(['/cuda', '/vulkan', '/cuda']);
    expect(warnings).toEqual([expect.stringMatching(/unable to list.*\/vulkan.*SIGSEGV/)]);
    advance(10 * 60_000);
    await list();
    expect(asked.slice(3)).toEqual(['/cuda', '/vulkan']);
  });

  it('says once why a library cannot be used', async () => {
    const problems = ['vulkan: libvulkan.so.1: cannot open shared object file'];
    const { list, warnings } = setUp(() => ({ devices: [], problems }));
    await list();
    await list();
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/cannot be used.*libvulkan/);
  });
});
