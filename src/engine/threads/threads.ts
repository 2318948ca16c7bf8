/**
 * Chooses the number of threads to decode with: one per physical core that we may use. Two threads on one core share
 * its arithmetic units, so more threads only add waiting.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { type ControlGroup, controlGroups } from '../../base/control-groups.ts';
import { performanceCores } from '../../platform/performance-cores.ts';
import { windowsCores } from '../native/windows-cores.ts';

export interface ProcessorFacts {
  /** Number of logical processors that this process may run on. */
  readonly available: number;
  /** Number of cores of the fastest kind, on a Mac and on Windows. */
  readonly fastCores?: number | undefined;
  /** Returns the text of a file, "" where it does not exist. */
  readonly read: (path: string) => string;
}

export function chooseThreads({ available, fastCores, read }: ProcessorFacts): number {
  const allowed = allowedProcessors(read('/proc/self/status'));
  const cores = fastCores ?? physicalCores(read('/proc/cpuinfo'), allowed);
  const groups = controlGroups(read('/proc/self/cgroup'), 'cpu');
  const quotas = groups.flatMap((group) => quotaProcessors(group, read) ?? []);
  return Math.max(1, Math.min(available, cores ?? available, ...quotas));
}

/** Tests whether the scheduler may use a processor number for this process; undefined where the kernel does not say. */
function allowedProcessors(status: string): ((processor: number) => boolean) | undefined {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)/m.exec(status)?.[1];
  if (list === undefined) return undefined;
  const ranges = list.split(',').map((range) => range.split('-').map(Number));
  return (processor) => ranges.some(([first = 0, last = first]) => processor >= first && processor <= last);
}

/** Number of distinct (package, core) pairs with an allowed processor; undefined where the kernel does not say. */
function physicalCores(
  cpuinfo: string,
  isAllowed: (processor: number) => boolean = () => true,
): number | undefined {
  const cores = new Set<string>();
  for (const block of cpuinfo.split('\n\n')) {
    const value = (name: string) => new RegExp(`^${name}\\s*:\\s*(\\d+)`, 'm').exec(block)?.[1];
    const [processor, physical, core] = [value('processor'), value('physical id'), value('core id')];
    if (processor === undefined || physical === undefined || core === undefined) continue;
    if (isAllowed(Number(processor))) cores.add(`${physical}:${core}`);
  }
  return cores.size > 0 ? cores.size : undefined;
}

/** Processor time that a control group gets, in processors; undefined = no limit. */
function quotaProcessors(
  { version, folder }: ControlGroup,
  read: (path: string) => string,
): number | undefined {
  const text = (name: string) => read(posix.join(folder, name)).trim();
  // "max" and -1 stand for no limit.
  const [quota, period] =
    version === 2
      ? text('cpu.max').split(' ').map(Number)
      : [Number(text('cpu.cfs_quota_us') || -1), Number(text('cpu.cfs_period_us'))];
  if (quota === undefined || period === undefined) return undefined;
  return quota > 0 && period > 0 ? Math.ceil(quota / period) : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

export function defaultThreads(): number {
  return chooseThreads({
    available: availableParallelism(),
    fastCores: performanceCores() ?? windowsCores(),
    read: readText,
  });
}
