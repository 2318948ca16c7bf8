/** Reads the progress of an unfinished download from its state file. */
import { readFile, stat } from 'node:fs/promises';
import { decodeParts } from '../../../src/registry/pull/part-state.ts';

/**
 * The ranges that a pull must request, as HTTP Range values: from where each unfinished part ends. Empty when the
 * partial file does not exist yet.
 */
export async function missingRanges(partial: string, size: number): Promise<string[]> {
  const state = await readFile(`${partial}.state`, 'latin1').catch(() => '');
  const facts = await stat(partial).catch(() => undefined);
  if (!facts) return [];
  return decodeParts(state, size, facts.size)
    .filter(({ start, end, completed }) => completed < end - start)
    .map(({ start, end, completed }) => `bytes=${start + completed}-${end - 1}`);
}

/** Number of bytes in a range, both ends included. */
export function bytesIn(range: string): number {
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  return Number(last) + 1 - Number(start);
}
