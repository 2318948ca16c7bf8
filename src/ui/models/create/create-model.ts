/** Creates models: sends the files, then asks the server to make a model of them. */
import { signal } from '@preact/signals';
import type { ProgressResponse } from '../../../api/common.ts';
import { ApiError } from '../../api/http.ts';
import { streamJson } from '../../api/streams.ts';
import { notify } from '../../app/notices.tsx';
import { words } from '../../words/words.ts';
import { refreshModels } from '../model-list.ts';
import { uploadFile } from './upload.ts';

interface Creation {
  /** What is being done now. */
  readonly status: string;
  /** From 0 to 1; absent = not known. */
  readonly fraction?: number;
}

/** The creation that runs; undefined = none. */
export const creation = signal<Creation | undefined>(undefined);

export interface CreateWishes {
  readonly model: string;
  readonly files: readonly File[];
  /** The other fields of `POST /api/create`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @returns whether the model was made; what went wrong is told in a notice */
export async function createModel(
  { model, files, fields }: CreateWishes,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    creation.value = { status: '' };
    const digests = await sendFiles(files, signal);
    const body = { model, ...fields, ...(files.length > 0 && { files: digests }) };
    for await (const { status, completed, total } of streamJson<ProgressResponse>('/api/create', {
      body,
      signal,
    }))
      creation.value = { status, ...(total && { fraction: (completed ?? 0) / total }) };
    notify(words.value.models.wasCreated(model));
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    if (!(error instanceof ApiError)) throw error;
    notify(error.message, 'problem');
    return false;
  } finally {
    creation.value = undefined;
    await refreshModels();
  }
}

/** One after the other, so that each is done as early as possible. */
async function sendFiles(files: readonly File[], signal: AbortSignal): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const file of files) {
    const status = words.value.models.uploading(file.name);
    const onProgress = (sent: number) => {
      creation.value = { status, fraction: sent / Math.max(1, file.size) };
    };
    onProgress(0);
    digests[file.name] = (await uploadFile(file, { signal, onProgress })).digest;
  }
  return digests;
}
