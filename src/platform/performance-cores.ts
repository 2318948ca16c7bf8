/** The cores of a Mac that are worth computing on, from sysctl(8). */
import { execFileSync } from 'node:child_process';
import { KIB } from '../base/units.ts';

const PROGRAM = '/usr/sbin/sysctl';
/** The cores of the fastest kind, which only Apple silicon has; then all cores, for Macs with Intel processors. */
const names = ['hw.perflevel0.physicalcpu', 'hw.physicalcpu'];
/** It answers within milliseconds. */
const TIMEOUT_MS = 5000;
const MAX_OUTPUT_BYTES = 64 * KIB;

/**
 * Efficiency cores are left out, because at every barrier the fast cores would wait for them.
 * @param text lines of "NAME: VALUE", without the names that this Mac does not know
 * @returns undefined for another text
 */
export function parsePerformanceCores(text: string): number | undefined {
  const values = new Map(
    [...text.matchAll(/^([\w.]+): (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
  return names.map((name) => values.get(name)).find((count) => count !== undefined && count > 0);
}

/** @returns undefined except on macOS */
export function performanceCores(platform: string = process.platform): number | undefined {
  return platform === 'darwin' ? parsePerformanceCores(runSysctl()) : undefined;
}

/** It prints what it knows even where it fails because of a name that it does not know. */
function runSysctl(): string {
  try {
    return execFileSync(PROGRAM, names, {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    const { stdout } = error as { readonly stdout?: unknown };
    return typeof stdout === 'string' ? stdout : '';
  }
}
