import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { lastDayOf } from './usage-day.ts';
import { listUsageFiles, mergedIn, readRows, stateOf, type UsageFile } from './usage-files.ts';
import type { UsageRow } from './usage-row.ts';

/** Files are added up once a day, and when one is full. A reading during which that happened counts some rows twice or not at all. */
const ATTEMPTS = 20;

export interface DayRange {
  /** The first and the last day, both included. */
  readonly from: string;
  readonly to: string;
}

/**
 * Reads what all processes have written.
 * @param begin called at the start, and again when files were added up meanwhile: what was read before does not count
 * @param take called with each row of the range
 * @throws system errors of the folder, and errors of `take`; a file that cannot be read is logged and left out
 */
export async function readUsage(
  folder: string,
  range: DayRange,
  {
    begin,
    take,
    logger,
  }: { readonly begin: () => void; readonly take: (row: UsageRow) => void; readonly logger: Logger },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    begin();
    const list = async () => (await listUsageFiles(folder)).filter((file) => mayHave(file, range.from));
    const files = await list();
    const before = await statesOf(folder, files);
    const failures = await readFiles(folder, files, (row) => {
      if (row.day >= range.from && row.day <= range.to) take(row);
    });
    // They are listed again, because a file that is replaced may be missing from a list, on Windows at least.
    if (attempt < ATTEMPTS && (await statesOf(folder, await list())) !== before) continue;
    for (const [name, error] of failures) {
      logger.warn('a file of usage cannot be read; it is left out', { file: name, reason: messageOf(error) });
    }
    return;
  }
}

/** What could not be written for a while is in the files of a later day. */
function mayHave({ day, month }: UsageFile, from: string): boolean {
  return (day ?? lastDayOf(month)) >= from;
}

/** The states of the files that do not only grow. */
async function statesOf(folder: string, files: readonly UsageFile[]): Promise<string> {
  const states: string[] = [];
  for (const file of files) {
    const state = await stateOf(folder, file);
    states.push(`${file.name} ${file.isSum ? state : state !== ''}`);
  }
  return states.join('\n');
}

type Failure = readonly [name: string, error: unknown];

async function readFiles(
  folder: string,
  files: readonly UsageFile[],
  take: (row: UsageRow) => void,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const merged = new Set<string>();
  const readable: UsageFile[] = [];
  for (const file of files) {
    try {
      for (const name of await mergedIn(folder, file)) merged.add(name);
      readable.push(file);
    } catch (error) {
      failures.push([file.name, error]);
    }
  }
  for (const file of readable) {
    if (merged.has(file.name)) continue;
    const rows: UsageRow[] = [];
    try {
      await readRows(folder, file, (row) => rows.push(row));
    } catch (error) {
      failures.push([file.name, error]);
      continue;
    }
    for (const row of rows) take(row);
  }
  return failures;
}
