import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers } from '../base/leftovers.ts';
import { readBatches, removeBatch } from './batch-files.ts';
import { isEnded } from './batch-record.ts';
import { FILE_LIFE_S } from './limits.ts';
import { listFiles, namesIn, removeFile } from './owner-files.ts';

/** An upload that takes longer is given up; one that a killed process left behind is older. */
const UPLOAD_S = 24 * 60 * 60;
const SECOND_MS = 1000;

/**
 * Removes an owner's files that have expired, the records of batches that ended long ago, and uploads that were never finished.
 * @param now seconds since the epoch
 */
export async function sweepFolder(folder: string, now: number): Promise<void> {
  // Before the records: what is uploaded meanwhile must not look like a file whose record is of no use.
  const names = await namesIn(folder);
  const records = await readBatches(folder);
  for (const record of records)
    if (isEnded(record) && record.created_at + 2 * FILE_LIFE_S < now) await removeBatch(folder, record.id);
  // The input of a batch that has not begun is still needed.
  const needed = new Set(records.filter((record) => !isEnded(record)).map((record) => record.input_file_id));
  const valid = new Set((await listFiles(folder, now)).map(({ id }) => id));
  const ids = new Set(names.flatMap((name) => /^(file-[0-9a-f]{24})\.jsonl?$/.exec(name)?.[1] ?? []));
  for (const id of ids) {
    if (valid.has(id) || needed.has(id)) continue;
    const isRecorded = names.includes(`${id}.json`);
    if (isRecorded || (await ageOf(join(folder, `${id}.jsonl`), now)) > UPLOAD_S)
      await removeFile(folder, id);
  }
  await removeLeftovers(folder, (now - UPLOAD_S) * SECOND_MS);
  // Fails for a folder that is not empty: an upload may begin at any moment.
  await rmdir(folder).catch(() => undefined);
}

/** Seconds since a file was written. */
async function ageOf(path: string, now: number): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  return facts ? now - facts.mtimeMs / SECOND_MS : 0;
}
