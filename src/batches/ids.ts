import { randomBytes } from 'node:crypto';

const ID_BYTES = 12;
const filePattern = /^file-[0-9a-f]{24}$/;
const batchPattern = /^batch_[0-9a-f]{24}$/;

export function newFileId(): string {
  return `file-${randomBytes(ID_BYTES).toString('hex')}`;
}

export function newBatchId(): string {
  return `batch_${randomBytes(ID_BYTES).toString('hex')}`;
}

/** Whether a text can be the ID of a file. Such an ID is part of a path. */
export function isFileId(text: string): boolean {
  return filePattern.test(text);
}

/** Whether a text can be the ID of a batch. Such an ID is part of a path. */
export function isBatchId(text: string): boolean {
  return batchPattern.test(text);
}
