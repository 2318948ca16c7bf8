import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableMemoryBytes } from './system-memory.ts';

const MIB = 1024 * 1024;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'system-memory-'));
});
afterEach(() => rm(root, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

const meminfo = { 'proc/meminfo': 'MemTotal:  2097152 kB\nMemFree:  1 kB\nMemAvailable:   1048576 kB\n' };

describe('availableMemoryBytes', () => {
  it('returns what the kernel reports as available', async () => {
    await write({ ...meminfo, 'proc/self/cgroup': '0::/\n' });
    expect(availableMemoryBytes(root)).toBe(1024 * MIB);
  });

  it('obeys the limit of a version 2 group, and does not count page cache as used', async () => {
    await write({
      ...meminfo,
      'proc/self/cgroup': '0::/user/job\n',
      'sys/fs/cgroup/user/job/memory.max': `${500 * MIB}\n`,
      'sys/fs/cgroup/user/job/memory.current': `${300 * MIB}\n`,
      'sys/fs/cgroup/user/job/memory.stat': `anon 5\ninactive_file ${60 * MIB}\nactive_file ${40 * MIB}\n`,
    });
    expect(availableMemoryBytes(root)).toBe(300 * MIB);
  });

  it('obeys the limit of an ancestor; "max" means no limit', async () => {
    await write({
      ...meminfo,
      'proc/self/cgroup': '0::/user/job\n',
      'sys/fs/cgroup/user/job/memory.max': 'max\n',
      'sys/fs/cgroup/user/job/memory.current': '5\n',
      'sys/fs/cgroup/user/memory.max': `${90 * MIB}\n`,
      'sys/fs/cgroup/user/memory.current': `${60 * MIB}\n`,
    });
    expect(availableMemoryBytes(root)).toBe(30 * MIB);
  });

  it('finds the limit at the mount if the path is the one outside the container', async () => {
    await write({
      ...meminfo,
      'proc/self/cgroup': '12:cpu:/elsewhere\n4:memory:/docker/abc\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${64 * MIB}\n`,
      'sys/fs/cgroup/memory/memory.usage_in_bytes': `${70 * MIB}\n`,
      'sys/fs/cgroup/memory/memory.stat': `total_inactive_file ${10 * MIB}\n`,
    });
    expect(availableMemoryBytes(root)).toBe(4 * MIB);
  });

  it('is never negative, and is a guess if these files do not exist', async () => {
    expect(availableMemoryBytes(root)).toBeGreaterThan(0);
    await write({
      ...meminfo,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '5\n',
      'sys/fs/cgroup/memory.current': '9\n',
    });
    expect(availableMemoryBytes(root)).toBe(0);
  });
});
