import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OllamaError } from '../base/errors.ts';
import { withModelFiles } from './load-files.ts';

let folder: string;
let load: { modelPath: string; adapterPaths: string[] };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-'));
  load = { modelPath: join(folder, 'sha256-1'), adapterPaths: [join(folder, 'sha256-2')] };
  await writeFile(load.modelPath, '');
});
afterEach(() => rm(folder, { recursive: true }));

it('names a file that is missing, and starts nothing', async () => {
  let isStarted = false;
  const start = async () => {
    isStarted = true;
  };
  await expect(withModelFiles(load, start)).rejects.toThrow(
    "the model's file sha256-2 does not exist: pull or create the model again",
  );
  expect(isStarted).toBe(false);
  await writeFile(join(folder, 'sha256-2'), '');
  await withModelFiles(load, start);
  expect(isStarted).toBe(true);
});

// Windows has no named pipes among its files.
it.skipIf(process.platform === 'win32')('does not open a named pipe', async () => {
  await promisify(execFile)('mkfifo', [join(folder, 'sha256-2')]);
  await expect(withModelFiles(load, async () => 1)).rejects.toThrow('sha256-2 is not a regular file');
});

it('explains a failure by a file that was removed meanwhile, and passes other failures on', async () => {
  const failure = new OllamaError('load-failed', 'no memory');
  const fail = () => Promise.reject(failure);
  load.adapterPaths = [];
  await expect(withModelFiles(load, fail)).rejects.toBe(failure);
  const removeAndFail = async () => {
    await rm(load.modelPath);
    throw failure;
  };
  await expect(withModelFiles(load, removeAndFail)).rejects.toThrow('sha256-1 does not exist');
});
