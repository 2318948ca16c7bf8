/** The records of an owner's batches, `batch_ID.json`, and what lies beside them while they are worked on. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../base/atomic-file.ts';
import { systemCode } from '../base/errors.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { MIB } from '../base/units.ts';
import { type BatchRecord, batchRecordSchema, isEnded } from './batch-record.ts';
import { isBatchId } from './ids.ts';
import { namesIn } from './owner-files.ts';

/** A record with a hundred problems has 50 KB. */
const MAX_RECORD_BYTES = MIB;
const FILE_MODE = 0o600;

/** Paths of what a batch needs while it is worked on. */
export interface WorkPaths {
  /** The prepared input. */
  readonly lines: string;
  readonly replies: string;
  readonly errors: string;
  readonly lock: string;
}

export function workPaths(folder: string, id: string): WorkPaths {
  const path = (kind: string) => join(folder, `${id}.${kind}`);
  return { lines: path('lines'), replies: path('replies'), errors: path('errors'), lock: path('lock') };
}

function recordPath(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

/** @throws OllamaError of a disk */
export async function saveBatch(folder: string, record: BatchRecord): Promise<void> {
  await writeFileAtomically(recordPath(folder, record.id), JSON.stringify(record), FILE_MODE);
}

/** @returns undefined for a batch that is missing, or whose record cannot be used */
export async function readBatch(folder: string, id: string): Promise<BatchRecord | undefined> {
  if (!isBatchId(id)) return undefined;
  try {
    const text = (await readRegularFile(recordPath(folder, id), MAX_RECORD_BYTES)).toString();
    const record = batchRecordSchema.parse(JSON.parse(text));
    return record.id === id ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is a record, be it one that can be read or not. */
export async function hasRecord(folder: string, id: string): Promise<boolean> {
  return stat(recordPath(folder, id)).then(
    () => true,
    (error: unknown) => systemCode(error) !== 'ENOENT',
  );
}

/** Ended batches by their IDs, which do not change any more: they are read once. */
export type EndedBatches = Map<string, BatchRecord>;

/** Records that are remembered, of about 1 KB each; beyond that, all are read again. */
const MAX_REMEMBERED = 20_000;

/** @param ended is added to @returns the newest first */
export async function readBatches(folder: string, ended: EndedBatches = new Map()): Promise<BatchRecord[]> {
  const names = await namesIn(folder);
  const ids = names.flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
  const records: BatchRecord[] = [];
  for (const id of ids) {
    const record = ended.get(id) ?? (await readBatch(folder, id));
    if (!record) continue;
    records.push(record);
    if (ended.size >= MAX_REMEMBERED) ended.clear();
    // A list of problems takes up to 50 KB.
    if (isEnded(record) && record.errors === null) ended.set(id, record);
  }
  return records.sort(newestFirst);
}

export function newestFirst(one: BatchRecord, other: BatchRecord): number {
  return other.created_at - one.created_at || (one.id < other.id ? 1 : -1);
}

/** Removes a batch; its files of results stay. */
export async function removeBatch(folder: string, id: string): Promise<void> {
  await removeWork(folder, id);
  await rm(recordPath(folder, id), { force: true });
}

/** Removes what only an unfinished batch needs. */
export async function removeWork(folder: string, id: string): Promise<void> {
  const { lines, replies, errors } = workPaths(folder, id);
  for (const path of [lines, replies, errors]) await rm(path, { recursive: true, force: true });
}
