/** Available memory of macOS, from vm_stat(1). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KIB } from '../base/units.ts';

const PROGRAM = '/usr/bin/vm_stat';
/** It answers within milliseconds. */
const TIMEOUT_MS = 5000;
/** It writes about twenty lines. */
const MAX_OUTPUT_BYTES = 64 * KIB;

/**
 * Pages that a process can have without anything being written to the disk: unused ones, pages read ahead, pages that
 * programs have declared worthless, and those of files and programs that were not used lately.
 */
const availableKinds = ['free', 'speculative', 'purgeable', 'inactive'];

/**
 * @param text the output of vm_stat: a line with the size of a page, then one "Pages NAME: COUNT." for each kind
 * @returns bytes; undefined for another text
 */
export function parseVmStat(text: string): number | undefined {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const counts = new Map(
    [...text.matchAll(/^Pages ([a-z -]+):\s+(\d+)\.?$/gm)].map(([, kind, count]) => [kind, Number(count)]),
  );
  if (Number.isNaN(pageBytes) || !counts.has('free')) return undefined;
  return availableKinds.reduce((pages, kind) => pages + (counts.get(kind) ?? 0), 0) * pageBytes;
}

/** @returns the output; "" where there is no such program */
export async function runVmStat(): Promise<string> {
  try {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout } = await promisify(execFile)(PROGRAM, [], options);
    return stdout;
  } catch {
    return '';
  }
}
