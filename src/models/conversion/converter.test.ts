import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeConversionOptions, fakeConversion } from '../../../test/fakes/models/fake-conversion.ts';
import { smallModel } from '../../../test/fakes/models/small-gguf.ts';
import { createDeferred } from '../../base/deferred.ts';
import { OllamaError } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { parseTargetType } from '../../quantize/target-type.ts';
import { BlobStore } from '../../store/blob-store.ts';
import type { ConvertPrograms } from './convert-programs.ts';
import { type ConversionFolder, Converter, type ConverterParts } from './converter.ts';

let folder: string;
let blobs: BlobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'converter-'));
  blobs = new BlobStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const files = [{ name: 'model.safetensors', path: '/m' }];
const model: ConversionFolder = { kind: 'model', files, type: 'auto' };
const adapter: ConversionFolder = { kind: 'adapter', files, type: 'auto' };

function converterOf(options: FakeConversionOptions = {}, parts: Partial<ConverterParts> = {}) {
  const programs = fakeConversion(options);
  const converter = new Converter({ programs, freeBytes: async () => 1e9, logger: silentLogger, ...parts });
  return { converter, jobs: programs.jobs };
}

async function run(converter: Converter, folders: readonly ConversionFolder[], basePath?: string) {
  const statuses: string[] = [];
  const events = converter.convert({ folders, blobs, ...(basePath !== undefined && { basePath }) });
  for (;;) {
    const { value, done } = await events.next();
    if (done) return { statuses, converted: value };
    statuses.push(value.status);
  }
}

describe('a folder', () => {
  it('becomes a blob with the digest of its writer, and nothing else remains', async () => {
    const { converter } = converterOf();
    const { converted, statuses } = await run(converter, [model]);
    expect(converted).toMatchObject([{ kind: 'model', size: smallModel().length, existed: false }]);
    const [digest = ''] = converted.map((one) => one.digest);
    expect(await readdir(folder)).toEqual([digest.replace(':', '-')]);
    expect(new Set(statuses)).toEqual(new Set(['converting model']));
    expect((await run(converter, [model])).converted).toMatchObject([{ digest, existed: true }]);
  });

  it('is planned before an adapter, and both before any tensor is written', async () => {
    const { converter, jobs } = converterOf();
    const { statuses } = await run(converter, [model, adapter]);
    expect(jobs.map(({ kind }) => kind)).toEqual(['plan', 'plan', 'write', 'write']);
    expect(jobs[1]).toMatchObject({ basePath: jobs[0]?.outputPath });
    expect(statuses).toContain('converting adapter');
  });

  it('of an adapter gets the weights of another model', async () => {
    const { converter, jobs } = converterOf();
    await run(converter, [adapter], '/base');
    expect(jobs[0]).toMatchObject({ basePath: '/base' });
  });

  it('of 8-bit floats gets the type that its plan prefers, unless it is quantized later', async () => {
    const { converter, jobs } = converterOf({ report: { preferredType: 'Q8_0' } });
    const { statuses } = await run(converter, [model]);
    expect(jobs.map((job) => 'type' in job && job.type)).toEqual(['auto', 'Q8_0', false]);
    expect(statuses).toContain('the weights are 8-bit floats: converting them to Q8_0');
    jobs.length = 0;
    await run(converter, [{ ...model, target: parseTargetType('Q4_K_M') }]);
    expect(jobs.map((job) => 'type' in job && job.type)).toEqual(['auto', false]);
  });

  it('says what is left out and what to know', async () => {
    const { converter } = converterOf({
      report: { warnings: ['two end tokens'], dropped: ['the vision part'] },
      written: { warnings: ['"a" overflows'] },
    });
    expect((await run(converter, [model])).statuses).toEqual([
      'converting model',
      'warning: two end tokens',
      'left out: the vision part',
      ...Array(3).fill('converting model'),
      'warning: "a" overflows',
    ]);
  });
});

describe('a conversion that fails leaves nothing', () => {
  const refusal = new OllamaError('invalid-request', 'config.json is missing');

  it.each<[string, FakeConversionOptions, object]>([
    [
      'because of its folder',
      { failure: { of: 'plan', error: refusal } },
      { message: 'config.json is missing', status: 400 },
    ],
    [
      'because its process ends',
      { failure: { of: 'write', error: new OllamaError('runner-failed', 'killed') } },
      { message: 'killed', status: 500 },
    ],
    [
      'because its plan is not a GGUF file',
      { content: () => new Uint8Array(1000) },
      { message: expect.stringMatching(/^the model could not be converted: the result is damaged: /) },
    ],
    [
      'because the writer counts other bytes',
      { written: { size: 7 } },
      {
        message: expect.stringMatching(
          /^the model could not be converted: the result is damaged: it has 7 bytes, not/,
        ),
      },
    ],
  ])('%s', async (_, options, error) => {
    const { converter } = converterOf(options);
    await expect(run(converter, [model])).rejects.toMatchObject(error);
    expect(await readdir(folder)).toEqual([]);
  });

  it('because its folder takes too long to read', async () => {
    const { converter } = converterOf({ neverPlans: true }, { planLimitMs: 1 });
    await expect(run(converter, [model])).rejects.toMatchObject({
      message: expect.stringContaining('takes too long to read'),
      status: 400,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('without room for what it makes and what it is quantized to, before a tensor is written', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `tensor-${index}`);
    const content = smallModel({}, 'llama', names);
    const { converter, jobs } = converterOf(
      { content: () => content },
      { freeBytes: async () => content.length },
    );
    await run(converter, [model]);
    jobs.length = 0;
    const order = [{ ...model, target: parseTargetType('Q4_K_M') }];
    await expect(run(converter, order)).rejects.toMatchObject({ code: 'storage-full' });
    expect(jobs.map(({ kind }) => kind)).toEqual(['plan']);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('on a disk that fills up meanwhile', async () => {
    const free = [1e9, 0];
    const failure = { of: 'write', error: new OllamaError('runner-failed', 'killed') } as const;
    const { converter } = converterOf({ failure }, { freeBytes: async () => free.shift() ?? 0 });
    await expect(run(converter, [model])).rejects.toMatchObject({ code: 'storage-full' });
  });

  it.each<[string, (converter: Converter, controller: AbortController) => void]>([
    ['when its request is canceled', (_, controller) => controller.abort()],
    ['when the server stops', (converter) => void converter.close()],
  ])('%s', async (_, end) => {
    const { converter } = converterOf({ hangs: true });
    const controller = new AbortController();
    const events = converter.convert({ folders: [model], blobs }, controller.signal);
    for (let step = await events.next(); !('completed' in (step.value ?? {})); ) step = await events.next();
    await events.next();
    end(converter, controller);
    await expect(events.next()).rejects.toMatchObject({ code: 'canceled' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('when the server stops and nobody reads its progress', async () => {
    const { converter } = converterOf({ hangs: true });
    const events = converter.convert({ folders: [model], blobs });
    for (let step = await events.next(); !('completed' in (step.value ?? {})); ) step = await events.next();
    await converter.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

it('one conversion runs at a time, and the next one says that it waits', async () => {
  const { converter, jobs } = converterOf();
  const [first, second] = await Promise.all([run(converter, [model]), run(converter, [model])]);
  expect(first.statuses).not.toContain('waiting for another conversion to finish');
  expect(second.statuses[0]).toBe('waiting for another conversion to finish');
  expect(jobs.map(({ kind }) => kind)).toEqual(['plan', 'write', 'plan', 'write']);
});

describe('a plan that takes long', () => {
  const aside = 'reading the folder takes long: other conversions go first';

  it('lets the conversion of another client go first, and then goes on', async () => {
    const finish = createDeferred<void>();
    const programs = fakeConversion();
    const slow: ConvertPrograms = {
      ...programs,
      plan: async (job, signal) => {
        if (programs.jobs.length === 0) await finish.promise;
        return await programs.plan(job, signal);
      },
    };
    const { converter } = converterOf({}, { programs: slow, planAloneMs: 1 });
    const events = converter.convert({ folders: [model], blobs, owner: 'a' });
    const statuses = [(await events.next()).value, (await events.next()).value];
    expect(statuses).toEqual([{ status: 'converting model' }, { status: aside }]);
    const others = run(converter, [adapter], '/base');
    finish.resolve();
    expect((await others).converted).toHaveLength(1);
    let last = await events.next();
    while (!last.done) last = await events.next();
    expect(last.value).toMatchObject([{ kind: 'model' }]);
  });

  it('is ended when its client leaves meanwhile, and nothing remains', async () => {
    const { converter } = converterOf({ neverPlans: true }, { planAloneMs: 1 });
    const events = converter.convert({ folders: [model], blobs });
    await events.next();
    expect((await events.next()).value).toEqual({ status: aside });
    await events.return([]);
    expect(await readdir(folder)).toEqual([]);
  });
});
