/**
 * Huge pages for the memory of a child. glibc asks the kernel for them when a variable of the environment says so; large
 * weights are then found with far fewer entries of the processor's page table cache. Linux with glibc only.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';

const TUNABLES = 'GLIBC_TUNABLES';
const TUNABLE = 'glibc.malloc.hugetlb';
/** The first version of glibc that has the tunable. */
const FIRST_GLIBC = { major: 2, minor: 35 } as const;

/** What an environment already says about the tunable; undefined = nothing. */
function tunedValue(environment: Environment): string | undefined {
  const pairs = (environment[TUNABLES] ?? '').split(':').map((pair) => pair.split('='));
  return pairs.findLast(([name]) => name === TUNABLE)?.[1];
}

/** The environment of a child that uses huge pages. A value that the user has set for the tunable stays. */
export function withHugePages(environment: Environment): Environment {
  if (tunedValue(environment) !== undefined) return environment;
  const others = environment[TUNABLES];
  return { ...environment, [TUNABLES]: `${others ? `${others}:` : ''}${TUNABLE}=1` };
}

export interface HugePageSystem {
  /** "linux", "darwin" and so on. */
  readonly platform: string;
  /** Version of glibc ("2.36"); undefined = another C library. */
  readonly glibc: string | undefined;
  readonly environment: Environment;
  /** The folder that contains `proc` and `sys`. */
  readonly root: string;
}

/** Whether a child would get huge pages if it asked for them. */
export function supportsHugePages({ platform, glibc, environment, root }: HugePageSystem): boolean {
  if (platform !== 'linux' || !hasTunable(glibc) || tunedValue(environment) === '0') return false;
  // A process may have switched them off for itself and its children (PR_SET_THP_DISABLE).
  if (/^THP_enabled:\s*0$/m.test(read(join(root, 'proc/self/status')))) return false;
  const mode = read(join(root, 'sys/kernel/mm/transparent_hugepage/enabled'));
  return mode.includes('[madvise]') || mode.includes('[always]');
}

function hasTunable(glibc: string | undefined): boolean {
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  return major > FIRST_GLIBC.major || (major === FIRST_GLIBC.major && minor >= FIRST_GLIBC.minor);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

let known: { readonly glibc: string | undefined } | undefined;

/** The version of the C library that runs this process. Asked for once, because Node collects a whole report for it. */
function ownGlibc(): string | undefined {
  known ??= { glibc: reportedGlibc() };
  return known.glibc;
}

function reportedGlibc(): string | undefined {
  const report: { excludeNetwork?: boolean } & typeof process.report = process.report;
  const { excludeNetwork = false } = report;
  // Otherwise Node looks up the names of all connected peers.
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

/** Whether children of this process would get huge pages now. An administrator may change that while the process runs. */
export function hasHugePages(): boolean {
  const { platform, env } = process;
  return supportsHugePages({
    platform,
    glibc: platform === 'linux' ? ownGlibc() : undefined,
    environment: env,
    root: '/',
  });
}

/** Bytes of a process's own memory that are in huge pages; undefined = the system does not say. */
export async function hugePageBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kilobytes = /^AnonHugePages:\s*(\d+) kB/m.exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
