import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { systemCode } from '../base/errors.ts';
import { encodeHead, MAX_MERGED, mergedIn, readRows, stateOf, type UsageFile } from './usage-files.ts';
import { encodeRow, type UsageRow } from './usage-row.ts';
import { UsageSums } from './usage-sums.ts';

/** Usage names keys and models, which concern nobody but the owner of the server. */
export const USAGE_FILE_MODE = 0o600;

/** Lines of one day in a file; each has about 200 bytes. */
const MAX_ROWS_OF_DAY = 20_000;
/** Lines of one day in the file of a month, so that 400 days take 80 MB at most. */
const MAX_ROWS_OF_PAST_DAY = 1000;

export interface Merge {
  readonly folder: string;
  /** Name of the file that gets the sums; what it has already is added to them. */
  readonly target: string;
  readonly sources: readonly UsageFile[];
  /** Whether the sums are those of past days, which need no hours. */
  readonly isPast: boolean;
  /** Rows of earlier days are left out; absent = none are. */
  readonly firstDay?: string;
}

/**
 * Adds up files in one and removes them. Whenever the process ends, every row counts once for who honours the first lines.
 * A source that cannot be read stays as it is.
 * @throws OllamaError `storage-full`, `storage-read-only`; errors of reading the target
 */
export async function mergeFiles({ folder, target, sources, isPast, firstDay = '' }: Merge): Promise<void> {
  const days = new Map<string, UsageSums>();
  const add = (row: UsageRow) => {
    if (row.day < firstDay) return;
    const sums = days.get(row.day) ?? new UsageSums(MAX_ROWS_OF_DAY);
    days.set(row.day, sums);
    const { hour: _, ...withoutHour } = row;
    sums.add(isPast ? withoutHour : row);
  };
  const known = new Set(await addTarget(folder, target, add));
  const added = await addSources(folder, sources.slice(0, MAX_MERGED), { known, add });
  // Those that an earlier merge could not remove stay named as long as they exist.
  const merged = [...new Set([...added, ...(await existing(folder, known))])];
  const sums = [...days].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = sums.flatMap(([, day]) => (isPast ? largest(day) : day).rows().map(encodeRow));
  const text = [encodeHead(merged), ...lines].join('');
  if (lines.length > 0) await writeFileAtomically(join(folder, target), text, USAGE_FILE_MODE);
  else await rm(join(folder, target), { force: true });
  for (const name of merged) await rm(join(folder, name), { force: true });
}

/** @returns the files that are in the target already */
async function addTarget(
  folder: string,
  name: string,
  add: (row: UsageRow) => void,
): Promise<readonly string[]> {
  try {
    const done = await mergedIn(folder, { name, month: '', isSum: true });
    await readRows(folder, { name }, add);
    return done;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * @param known the files that are in the target already; those that are in its sources are added
 * @returns the names of the files whose rows are in the target now
 */
async function addSources(
  folder: string,
  sources: readonly UsageFile[],
  { known, add }: { readonly known: Set<string>; readonly add: (row: UsageRow) => void },
): Promise<string[]> {
  const readable: UsageFile[] = [];
  for (const source of sources) {
    const names = await mergedIn(folder, source).catch(() => undefined);
    if (names === undefined) continue;
    readable.push(source);
    for (const name of names) known.add(name);
  }
  const added: string[] = [];
  for (const source of readable.filter(({ name }) => !known.has(name))) {
    const rows = await rowsOf(folder, source);
    if (rows === undefined) continue;
    for (const row of rows) add(row);
    added.push(source.name);
  }
  return added;
}

/** @returns undefined for a file that cannot be read */
async function rowsOf(folder: string, source: UsageFile): Promise<UsageRow[] | undefined> {
  const rows: UsageRow[] = [];
  try {
    await readRows(folder, source, (row) => rows.push(row));
    return rows;
  } catch {
    return undefined;
  }
}

async function existing(folder: string, names: Iterable<string>): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) if ((await stateOf(folder, { name })) !== '') found.push(name);
  return found;
}

/** Keeps the rows that matter most, and adds up the others. */
function largest(day: UsageSums): UsageSums {
  const weight = ({ promptTokens, outputTokens, requests, refusals }: UsageRow) =>
    promptTokens + outputTokens + requests + refusals;
  const sums = new UsageSums(MAX_ROWS_OF_PAST_DAY);
  for (const row of [...day.rows()].sort((one, other) => weight(other) - weight(one))) sums.add(row);
  return sums;
}
