/**
 * How many threads to decode with: one per physical core that we may use. Two threads of one core share its
 * arithmetic units, so more only adds waiting.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export interface ProcessorFacts {
  /** Logical processors that this process may run on. */
  readonly available: number;
  /** Text of /proc/cpuinfo, "" where there is none. */
  readonly cpuinfo: string;
  /** Text of cgroup v2's cpu.max ("200000 100000" or "max 100000"), "" where there is none. */
  readonly cpuMax: string;
}

/** Distinct (package, core) pairs; undefined where the kernel does not tell. */
function physicalCores(cpuinfo: string): number | undefined {
  const cores = new Set<string>();
  for (const block of cpuinfo.split('\n\n')) {
    const physical = /^physical id\s*:\s*(\d+)/m.exec(block)?.[1];
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (physical !== undefined && core !== undefined) cores.add(`${physical}:${core}`);
  }
  return cores.size > 0 ? cores.size : undefined;
}

function quotaProcessors(cpuMax: string): number | undefined {
  const match = /^(\d+) (\d+)/.exec(cpuMax);
  return match ? Math.ceil(Number(match[1]) / Number(match[2])) : undefined;
}

export function chooseThreads(facts: ProcessorFacts): number {
  const limits = [facts.available, physicalCores(facts.cpuinfo), quotaProcessors(facts.cpuMax)];
  return Math.max(1, Math.min(...limits.filter((limit) => limit !== undefined)));
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
    cpuinfo: readText('/proc/cpuinfo'),
    cpuMax: readText('/sys/fs/cgroup/cpu.max'),
  });
}
