/**
 * Memory that can still be taken: the system's, lowered by the limits of the control groups this process is in.
 * Page cache counts as available, in a group as in the whole system: the kernel drops it before it refuses memory.
 */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

interface GroupFiles {
  /** Where the hierarchy is mounted, relative to the root. */
  readonly mount: string;
  readonly limit: string;
  readonly usage: string;
  /** Lines of `memory.stat` with the page cache. */
  readonly cache: RegExp;
}

const version1: GroupFiles = {
  mount: 'sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  cache: /^total_(?:in)?active_file (\d+)$/gm,
};
const version2: GroupFiles = {
  mount: 'sys/fs/cgroup',
  limit: 'memory.max',
  usage: 'memory.current',
  cache: /^(?:in)?active_file (\d+)$/gm,
};

/** @param root where `proc` and `sys` are found */
export function availableMemoryBytes(root = '/'): number {
  return Math.max(0, Math.min(systemBytes(root), ...groupBytes(root)));
}

function systemBytes(root: string): number {
  const line = /^MemAvailable:\s*(\d+) kB/m.exec(read(join(root, 'proc/meminfo')) ?? '');
  if (line) return Number(line[1]) * 1024;
  // Other systems count cached pages as used; half of the memory is a fair guess at what they would give.
  return Math.max(freemem(), totalmem() / 2);
}

function groupBytes(root: string): number[] {
  const lines = (read(join(root, 'proc/self/cgroup')) ?? '').split('\n');
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) return [];
    if (controllers === '') return hierarchyBytes(root, version2, path);
    return controllers.split(',').includes('memory') ? hierarchyBytes(root, version1, path) : [];
  });
}

/** A limit on any ancestor counts, too. Inside a container the path may be the host's: then only the mount is seen. */
function hierarchyBytes(root: string, files: GroupFiles, path: string): number[] {
  const found: number[] = [];
  for (let group = path; ; group = dirname(group)) {
    const bytes = remainingBytes(join(root, files.mount, group), files);
    if (bytes !== undefined) found.push(bytes);
    if (group === '/' || group === '.') return found;
  }
}

function remainingBytes(folder: string, files: GroupFiles): number | undefined {
  const limit = Number.parseInt(read(join(folder, files.limit)) ?? '', 10);
  const usage = Number.parseInt(read(join(folder, files.usage)) ?? '', 10);
  if (Number.isNaN(limit) || Number.isNaN(usage)) return undefined;
  const lines = [...(read(join(folder, 'memory.stat')) ?? '').matchAll(files.cache)];
  const cache = lines.reduce((total, line) => total + Number(line[1]), 0);
  return limit - Math.max(0, usage - cache);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
