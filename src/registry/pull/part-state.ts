import { createHash } from 'node:crypto';
import { type ByteRange, type Part, planParts } from './part-plan.ts';

/** Enough digits for every safe integer. */
const NUMBER_LENGTH = 16;
const HASH_LENGTH = 64;
const CHECK_LENGTH = 16;
const NO_HASH = '-'.repeat(HASH_LENGTH);

/** Characters of one record, including its newline. */
export const RECORD_LENGTH = 3 * (NUMBER_LENGTH + 1) + HASH_LENGTH + 1 + CHECK_LENGTH + 1;

/**
 * One line per part, all of the same length, so that each can be replaced in place: start, end and completed bytes, the
 * part's SHA-256 or dashes, and the first 16 hex digits of the SHA-256 of the text before it, which detect a torn line.
 */
export function encodeRecord({ start, end, completed, hash }: Part): string {
  const numbers = [start, end, completed].map((number) => String(number).padStart(NUMBER_LENGTH, '0'));
  const content = [...numbers, hash ?? NO_HASH].join(' ');
  return `${content} ${checkOf(content)}\n`;
}

/**
 * Parses the parts of a blob from a state file. A damaged or missing record only affects its own part.
 * @param fileSize bytes of the data file; records that claim more are ignored
 */
export function decodeParts(state: string, blobSize: number, fileSize: number): Part[] {
  const records: Part[] = [];
  for (let offset = 0; offset + RECORD_LENGTH <= state.length; offset += RECORD_LENGTH) {
    const record = decodeRecord(state.slice(offset, offset + RECORD_LENGTH));
    if (record && record.start + record.completed <= fileSize) records.push(record);
  }
  const present: ByteRange[] = records.map(({ start, completed }) => ({ start, end: start + completed }));
  const hashes = new Map(records.map((record) => [`${record.start}-${record.end}`, record.hash]));
  return planParts(
    blobSize,
    present.filter(({ start, end }) => end > start),
  ).map((part) => {
    const isWhole = part.completed === part.end - part.start;
    return isWhole ? { ...part, hash: hashes.get(`${part.start}-${part.end}`) } : part;
  });
}

function decodeRecord(line: string): Part | undefined {
  const match = /^(\d{16}) (\d{16}) (\d{16}) ([0-9a-f]{64}|-{64}) ([0-9a-f]{16})\n$/.exec(line);
  if (!match || checkOf(line.slice(0, -CHECK_LENGTH - 2)) !== match[5]) return undefined;
  const [start = 0, end = 0, completed = 0] = match.slice(1, 4).map(Number);
  if (![start, end].every(Number.isSafeInteger) || start > end || completed > end - start) return undefined;
  return { start, end, completed, hash: match[4] === NO_HASH ? undefined : match[4] };
}

function checkOf(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, CHECK_LENGTH);
}
