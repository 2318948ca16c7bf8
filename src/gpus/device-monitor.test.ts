import { describe, expect, it } from 'vitest';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import { silentLogger } from '../base/logger.ts';
import { DeviceMonitor } from './device-monitor.ts';
import type { GpuDevice } from './gpu-device.ts';

const device = (freeBytes: number): GpuDevice => ({
  id: 'CUDA0',
  description: 'NVIDIA GeForce RTX 4090',
  kind: 'gpu',
  library: 'cuda',
  totalBytes: 24e9,
  freeBytes,
});

function setUp() {
  const lists: Deferred<readonly GpuDevice[]>[] = [];
  const warnings: string[] = [];
  let now = 0;
  const monitor = new DeviceMonitor({
    list: () => {
      const list = createDeferred<readonly GpuDevice[]>();
      lists.push(list);
      return list.promise;
    },
    clock: { now: () => now, date: () => now, after: () => () => undefined },
    logger: { ...silentLogger, warn: (message) => warnings.push(message) },
  });
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { monitor, lists, warnings, advance };
}

describe('DeviceMonitor', () => {
  it('has no devices before it has queried them, then those of the last answer', async () => {
    const { monitor, lists } = setUp();
    expect(monitor.devices).toEqual([]);
    const refreshed = monitor.refresh();
    lists[0]?.resolve([device(5)]);
    await refreshed;
    expect(monitor.devices).toEqual([device(5)]);
  });

  it('queries once more, and only once, for all calls made while it is querying', async () => {
    const { monitor, lists } = setUp();
    const first = monitor.refresh();
    const later = [monitor.refresh(), monitor.refresh(), monitor.refresh()];
    expect(lists).toHaveLength(1);
    lists[0]?.resolve([device(5)]);
    await first;
    expect(lists).toHaveLength(2);
    lists[1]?.resolve([device(9)]);
    await Promise.all(later);
    expect(lists).toHaveLength(2);
    expect(monitor.devices).toEqual([device(9)]);
  });

  it('queries again once that is done', async () => {
    const { monitor, lists } = setUp();
    for (const [index, free] of [1, 2, 3].entries()) {
      const refreshed = monitor.refresh();
      lists[index]?.resolve([device(free)]);
      await refreshed;
      expect(monitor.devices).toEqual([device(free)]);
    }
  });

  it('accepts a snapshot of the maximum age', async () => {
    const { monitor, lists, advance } = setUp();
    const first = monitor.refresh(1000);
    const joined = monitor.refresh(1000);
    lists[0]?.resolve([device(5)]);
    await Promise.all([first, joined]);
    advance(1000);
    await monitor.refresh(1000);
    expect(lists).toHaveLength(1);
    advance(1);
    const second = monitor.refresh(1000);
    expect(lists).toHaveLength(2);
    lists[1]?.resolve([]);
    await second;
    expect(monitor.devices).toEqual([]);
  });

  it('keeps the last snapshot when the drivers cannot be queried, and logs it', async () => {
    const { monitor, lists, warnings } = setUp();
    const first = monitor.refresh();
    lists[0]?.resolve([device(5)]);
    await first;
    const second = monitor.refresh();
    lists[1]?.reject(new Error('no driver'));
    await second;
    expect(monitor.devices).toEqual([device(5)]);
    expect(warnings).toHaveLength(1);
  });
});
