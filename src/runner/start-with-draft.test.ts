import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OllamaError } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from './runner.ts';
import { startWithDraft } from './start-with-draft.ts';

let folder: string;
let warnings: unknown[];
let logger: Logger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-with-draft-'));
  warnings = [];
  logger = { ...silentLogger, warn: (_message, fields) => warnings.push(fields?.reason) };
});
afterEach(() => rm(folder, { recursive: true }));

const loadWith = (modelPath: string) => ({ modelPath: 'm', draft: { modelPath } }) as LoadOptions;
const runnerWith = (facts: object) => ({ facts }) as Runner;

it('starts once when the draft model works, and logs why when the engine leaves it out', async () => {
  const path = join(folder, 'd.gguf');
  await writeFile(path, 'x');
  const loads: LoadOptions[] = [];
  const start = (facts: object) => async (load: LoadOptions) => {
    loads.push(load);
    return runnerWith(facts);
  };
  await startWithDraft(loadWith(path), start({ drafts: 'model' }), logger);
  expect(warnings).toEqual([]);
  await startWithDraft(loadWith(path), start({ draftProblem: 'token 5 is another text' }), logger);
  expect(loads.map(({ draft }) => draft?.modelPath)).toEqual([path, path]);
  expect(warnings).toEqual(['token 5 is another text']);
});

it('starts without a draft model that ends the child or has no file', async () => {
  const path = join(folder, 'd.gguf');
  await writeFile(path, 'x');
  const start = async ({ draft }: LoadOptions) => {
    if (draft) throw new OllamaError('load-failed', 'it crashed');
    return runnerWith({});
  };
  await startWithDraft(loadWith(path), start, logger);
  await startWithDraft(loadWith(join(folder, 'missing')), start, logger);
  expect(warnings).toEqual(['it crashed', 'its file does not exist']);
});

it('starts without predicting layers that end the child', async () => {
  const start = async ({ predictingLayers }: LoadOptions) => {
    if (predictingLayers) throw new OllamaError('load-failed', 'it crashed');
    return runnerWith({});
  };
  await startWithDraft({ modelPath: 'm', predictingLayers: true } as LoadOptions, start, logger);
  expect(warnings).toEqual(['it crashed']);
});

it('does not try again after a cancellation, and reports the failure of the model itself', async () => {
  const path = join(folder, 'd.gguf');
  await writeFile(path, 'x');
  let starts = 0;
  const failing = (code: 'canceled' | 'load-failed') => async (): Promise<Runner> => {
    starts++;
    throw new OllamaError(code, code);
  };
  await expect(startWithDraft(loadWith(path), failing('canceled'), logger)).rejects.toThrow('canceled');
  expect(starts).toBe(1);
  await expect(startWithDraft(loadWith(path), failing('load-failed'), logger)).rejects.toThrow('load-failed');
  expect(starts).toBe(3);
});
