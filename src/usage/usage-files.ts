/**
 * The files of the usage folder. Each process appends to files of its own, so that processes never meet in one:
 *
 * - `2026-11-30.1f2e3d4c.7.jsonl`: the seventh piece that process 1f2e3d4c wrote on that day, a line for each increment
 * - `2026-11-30.1f2e3d4c.jsonl`: what its full pieces of the day add up to
 * - `2026-11.jsonl`: a past month, all processes together
 *
 * The first line of the two latter names the files that were added up in them. Whoever reads a folder ignores those, so that
 * nothing counts twice if a process ends before it has removed them.
 */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { isJsonObject } from '../base/json-object.ts';
import { openRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { isDay, monthOf } from './usage-day.ts';
import { decodeRow, MAX_LINE_CHARACTERS, type UsageRow } from './usage-row.ts';

/** A file of the usage folder, as its name describes it. */
export interface UsageFile {
  readonly name: string;
  readonly month: string;
  /** Absent = it is that of a month. */
  readonly day?: string;
  /** Whether other files were added up in it. */
  readonly isSum: boolean;
}

const monthPattern = /^\d{4}-(?:0[1-9]|1[0-2])$/;
const namePattern = /^(\d{4}-\d\d(?:-\d\d)?)(?:\.([0-9a-f]{8})(?:\.(\d{1,9}))?)?\.jsonl$/;

/** @returns undefined for other files */
export function parseFileName(name: string): UsageFile | undefined {
  const [, time = '', owner, piece] = namePattern.exec(name) ?? [];
  if (owner === undefined) return monthPattern.test(time) ? { name, month: time, isSum: true } : undefined;
  return isDay(time) ? { name, month: monthOf(time), day: time, isSum: piece === undefined } : undefined;
}

export function pieceName(day: string, owner: string, piece: number): string {
  return `${day}.${owner}.${piece}.jsonl`;
}

export function daySumName(day: string, owner: string): string {
  return `${day}.${owner}.jsonl`;
}

export function monthName(month: string): string {
  return `${month}.jsonl`;
}

/** A process writes a few files a day, and they are added up two days later. */
const MAX_FILES = 20_000;

/** @returns in the order of their names; none if there is no folder */
export async function listUsageFiles(folder: string): Promise<UsageFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const files = names.flatMap((name) => parseFileName(name) ?? []);
  return files.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, MAX_FILES);
}

/** Ten times what any file of ours has. */
const MAX_FILE_BYTES = 64 * MIB;

/**
 * Calls back with each line, piece by piece, with turns for others in between. Lines that are too long are left out.
 * @throws NotRegularFileError; system errors
 */
async function readLines(path: string, take: (line: string) => boolean | undefined): Promise<void> {
  const file = await openRegularFile(path);
  try {
    let rest = '';
    const text = file.createReadStream({ encoding: 'utf8', autoClose: false, end: MAX_FILE_BYTES });
    for await (const chunk of text) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      // What remains of an endless line is not a line either.
      if (rest.length > MAX_HEAD_CHARACTERS) rest = rest.slice(0, MAX_HEAD_CHARACTERS);
      for (const line of lines) if (take(line) === false) return;
    }
  } finally {
    await file.close();
  }
}

/** Room for the names of all files that are added up at once. */
export const MAX_MERGED = 2000;
const MAX_HEAD_CHARACTERS = MAX_MERGED * 'YYYY-MM-DD.01234567.999999999.jsonl",'.length + MAX_LINE_CHARACTERS;

export function encodeHead(merged: readonly string[]): string {
  return `${JSON.stringify({ merged })}\n`;
}

/** The names of the files that were added up in a file. */
export async function mergedIn(folder: string, { name, isSum }: UsageFile): Promise<readonly string[]> {
  if (!isSum) return [];
  let names: readonly string[] = [];
  await readLines(join(folder, name), (line) => {
    names = headOf(line);
    return false;
  });
  return names;
}

function headOf(line: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value) || !Array.isArray(value.merged)) return [];
    return value.merged.filter((name) => typeof name === 'string');
  } catch {
    return [];
  }
}

export function readRows(
  folder: string,
  { name }: Pick<UsageFile, 'name'>,
  take: (row: UsageRow) => void,
): Promise<void> {
  return readLines(join(folder, name), (line) => {
    const row = decodeRow(line);
    if (row) take(row);
    return undefined;
  });
}

/** What tells one state of a file from another. */
export async function stateOf(folder: string, { name }: Pick<UsageFile, 'name'>): Promise<string> {
  const facts: Stats | undefined = await stat(join(folder, name)).catch(() => undefined);
  return facts ? `${facts.ino} ${facts.mtimeMs}` : '';
}
