/**
 * The files of one owner: `file-ID.json` says what `file-ID.jsonl` is. What has no such record is not finished, and is removed some
 * time later.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FileObject } from '../api/batches.ts';
import { explainStorageError, writeFileAtomically } from '../base/atomic-file.ts';
import { OllamaError, systemCode } from '../base/errors.ts';
import { readRegularFile } from '../base/regular-file.ts';
import { KIB } from '../base/units.ts';
import { isFileId } from './ids.ts';
import { MAX_FILE_NAME } from './limits.ts';

/** A record has a few hundred bytes. */
const MAX_RECORD_BYTES = 16 * KIB;
const FILE_MODE = 0o600;

const recordSchema = z.object({
  id: z.string().refine(isFileId),
  bytes: z.int().nonnegative(),
  created_at: z.int(),
  expires_at: z.int(),
  filename: z.string().max(MAX_FILE_NAME),
  purpose: z.enum(['batch', 'batch_output']),
});

type FileRecord = z.output<typeof recordSchema>;

export interface StoredFile {
  readonly object: FileObject;
  readonly path: string;
}

/** Where the content of a file is. */
export function contentPath(folder: string, id: string): string {
  return join(folder, `${id}.jsonl`);
}

function recordPath(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

/** Makes a file of a content that is complete at its path. @throws OllamaError of a disk */
export async function addRecord(folder: string, record: FileRecord): Promise<FileObject> {
  await writeFileAtomically(recordPath(folder, record.id), JSON.stringify(record), FILE_MODE);
  return fileObject(record);
}

/**
 * @param now seconds since the epoch: an expired file is none
 * @throws OllamaError `object-not-found`
 */
export async function readFile(folder: string, id: string, now: number): Promise<StoredFile> {
  const record = isFileId(id) ? await readRecord(folder, id) : undefined;
  if (!record || record.expires_at <= now) {
    throw new OllamaError(
      'object-not-found',
      `there is no file ${JSON.stringify(id.slice(0, MAX_FILE_NAME))}`,
    );
  }
  return { object: fileObject(record), path: contentPath(folder, id) };
}

/** @returns the newest first */
export async function listFiles(folder: string, now: number): Promise<FileObject[]> {
  const found: FileObject[] = [];
  for (const id of await fileIds(folder)) {
    const record = await readRecord(folder, id);
    if (record && record.expires_at > now) found.push(fileObject(record));
  }
  return found.sort((one, other) => other.created_at - one.created_at || (one.id < other.id ? 1 : -1));
}

/** Removes a file for good. */
export async function removeFile(folder: string, id: string): Promise<void> {
  for (const path of [recordPath(folder, id), contentPath(folder, id)]) {
    await rm(path, { force: true }).catch((error: unknown) => {
      throw explainStorageError(error, path);
    });
  }
}

/** Files of an owner and the bytes of everything in the folder. */
export async function measureFolder(folder: string): Promise<{ files: number; bytes: number }> {
  const names = await namesIn(folder);
  let bytes = 0;
  for (const name of names) bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  return { files: names.filter((name) => /^file-.*\.json$/.test(name)).length, bytes };
}

async function fileIds(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  return names
    .flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []))
    .filter(isFileId);
}

export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** @returns undefined for a file that is missing, or that no version of this program wrote */
async function readRecord(folder: string, id: string): Promise<FileRecord | undefined> {
  try {
    const text = (await readRegularFile(recordPath(folder, id), MAX_RECORD_BYTES)).toString();
    const record = recordSchema.parse(JSON.parse(text));
    return record.id === id ? record : undefined;
  } catch {
    return undefined;
  }
}

function fileObject(record: FileRecord): FileObject {
  return { ...record, object: 'file', status: 'processed' };
}
