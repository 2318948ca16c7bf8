import type { Hash } from 'node:crypto';
import { MIB } from '../../base/units.ts';

/** For smaller parts, the additional requests would cost more than they save. */
const MIN_PART_BYTES = 16 * MIB;
/** Upper bound of what is downloaded again when a part turns out to be damaged. */
const MAX_PART_BYTES = 128 * MIB;
const USUAL_PARTS = 64;
/** Bounds the state file and memory, whatever size a manifest claims. */
const MAX_PARTS = 10_000;

/** Bytes of a blob, from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A range that is downloaded with one request. */
export interface Part extends ByteRange {
  /** Bytes on disk, counted from the part's start. */
  completed: number;
  /** SHA-256 in hex of the whole part as received; absent when an earlier process downloaded some of it. */
  hash?: string | undefined;
  /** Hash state that covers the completed bytes as received. */
  running?: Hash | undefined;
}

/** Depends only on the blob's size, so that an interrupted download finds its parts again. */
function partSizeOf(blobSize: number): number {
  const usual = Math.min(Math.max(blobSize / USUAL_PARTS, MIN_PART_BYTES), MAX_PART_BYTES);
  return Math.ceil(Math.max(usual, blobSize / MAX_PARTS) / MIB) * MIB;
}

/** @param present ranges of the blob that are on disk; they may overlap */
export function planParts(blobSize: number, present: readonly ByteRange[] = []): Part[] {
  const partSize = partSizeOf(blobSize);
  const merged = mergeRanges(present);
  const parts: Part[] = [];
  let next = 0;
  for (let start = 0; start < blobSize; start += partSize) {
    const end = Math.min(start + partSize, blobSize);
    while ((merged[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    const range = merged[next];
    const completed = range && range.start <= start ? Math.min(range.end, end) - start : 0;
    parts.push({ start, end, completed });
  }
  return parts;
}

export function isComplete({ start, end, completed }: Part): boolean {
  return completed === end - start;
}

function mergeRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: ByteRange[] = [];
  for (const range of [...ranges].sort((left, right) => left.start - right.start)) {
    const last = merged.at(-1);
    if (last && range.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    else merged.push(range);
  }
  return merged;
}
