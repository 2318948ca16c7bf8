/**
 * Available memory: that of the system, lowered by the limits of the control groups that this process belongs to. The page
 * cache counts as available, in a group and in the whole system, because the kernel drops it before it refuses memory.
 */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { type ControlGroup, controlGroups } from '../../base/control-groups.ts';

interface GroupFiles {
  readonly limit: string;
  readonly usage: string;
  /** Lines of `memory.stat` with the page cache. */
  readonly cache: RegExp;
}

const filesByVersion: Readonly<Record<ControlGroup['version'], GroupFiles>> = {
  1: {
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    cache: /^total_(?:in)?active_file (\d+)$/gm,
  },
  2: { limit: 'memory.max', usage: 'memory.current', cache: /^(?:in)?active_file (\d+)$/gm },
};

/**
 * For Linux. Elsewhere, it is a guess; see `memory-gauge.ts`.
 * @param root the folder that contains `proc` and `sys`
 */
export function availableMemoryBytes(root = '/'): number {
  return Math.max(0, Math.min(systemBytes(root), ...groupBytes(root)));
}

function systemBytes(root: string): number {
  const line = /^MemAvailable:\s*(\d+) kB/m.exec(read(join(root, 'proc/meminfo')) ?? '');
  if (line) return Number(line[1]) * 1024;
  // Other systems count cached pages as used. Half of the memory is a fair guess at what is available.
  return Math.max(freemem(), totalmem() / 2);
}

function groupBytes(root: string): number[] {
  const groups = controlGroups(read(join(root, 'proc/self/cgroup')) ?? '', 'memory');
  return groups.flatMap(
    ({ version, folder }) => remainingBytes(join(root, folder), filesByVersion[version]) ?? [],
  );
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
