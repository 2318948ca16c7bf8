/** What is on disk of an unfinished download, as its state file tells it. */
import { readFile, stat } from 'node:fs/promises';
import { decodeParts } from '../../../src/registry/pull/part-state.ts';

/** Ranges as a pull must ask for them, in HTTP's form: from where each unfinished part ends. Empty when nothing is there yet. */
export async function missingRanges(partial: string, size: number): Promise<string[]> {
  const state = await readFile(`${partial}.state`, 'latin1').catch(() => '');
  const facts = await stat(partial).catch(() => undefined);
  if (!facts) return [];
  return decodeParts(state, size, facts.size)
    .filter(({ start, end, completed }) => completed < end - start)
    .map(({ start, end, completed }) => `bytes=${start + completed}-${end - 1}`);
}

/** Bytes that a range names, both ends included. */
export function bytesIn(range: string): number {
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  return Number(last) + 1 - Number(start);
}
