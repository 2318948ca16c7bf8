import { beforeEach, expect, it } from 'vitest';
import { OllamaError } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import type { LoadOptions } from '../protocol/load.ts';
import type { Runner } from './runner.ts';
import { startWithProjector } from './start-with-projector.ts';

const load = { modelPath: 'm', projectorPath: 'p', projectorGpu: 'CUDA0' } as LoadOptions;
const runner = { facts: {} } as Runner;

let warnings: unknown[];
let logger: Logger;
let starts: LoadOptions[];

beforeEach(() => {
  warnings = [];
  starts = [];
  logger = { ...silentLogger, warn: (_message, fields) => warnings.push(fields) };
});

const startUnless =
  (fails: (options: LoadOptions) => OllamaError | undefined) => async (options: LoadOptions) => {
    starts.push(options);
    const error = fails(options);
    if (error) throw error;
    return runner;
  };

it('starts once with an encoder that works, and for a model without one', async () => {
  const start = startUnless(() => undefined);
  await startWithProjector(load, start, logger);
  await startWithProjector({ modelPath: 'm' } as LoadOptions, start, logger);
  expect(starts).toEqual([load, { modelPath: 'm' }]);
  expect(warnings).toEqual([]);
});

it('starts for text alone if the encoder does not load, and logs why', async () => {
  const start = startUnless(({ projectorPath }) =>
    projectorPath === undefined ? undefined : new OllamaError('load-failed', 'made for another model'),
  );
  expect(await startWithProjector(load, start, logger)).toBe(runner);
  expect(starts).toEqual([load, { modelPath: 'm' }]);
  expect(warnings).toEqual([{ path: 'p', reason: 'made for another model' }]);
});

it('reports what is wrong with the model itself, and does not try again after a cancellation', async () => {
  const broken = startUnless(
    ({ projectorPath }) => new OllamaError('load-failed', projectorPath ? 'encoder' : 'model'),
  );
  await expect(startWithProjector(load, broken, logger)).rejects.toThrow('model');
  expect(warnings).toEqual([]);
  const canceled = startUnless(() => new OllamaError('canceled', 'canceled'));
  await expect(startWithProjector(load, canceled, logger)).rejects.toThrow('canceled');
  expect(starts).toHaveLength(3);
});
