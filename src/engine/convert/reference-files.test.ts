import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertHere, convertTensorsHere } from '../../../test/fakes/import/convert-here.ts';
import { describeFile, tensorsOf } from '../../../test/fakes/import/describe-file.ts';
import { metadataOfOurs } from '../../../test/fakes/import/differences.ts';
import { directLogits, directVector } from '../../../test/fakes/import/direct-logits.ts';
import { expectLogits, expectVector } from '../../../test/fakes/import/expect-oracle.ts';
import {
  importAdapters,
  importCases,
  importTypes,
  refusedCases,
  writeImportFolder,
} from '../../../test/fakes/import/import-case.ts';

const cases = (await importCases()).filter(({ name }) => !refusedCases.has(name));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reference-files-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe.each(cases)('the import of $name', (example) => {
  const path = (type: string) => join(folder, `${example.name}-${type}.gguf`);

  it("makes the tensors and the metadata of llama.cpp's converter in F32, F16, BF16 and Q8_0", async () => {
    const files = await writeImportFolder(example, join(folder, example.name));
    await convertHere(files, { path: path('F32'), type: 'F32' });
    const { metadata, tensors } = await describeFile(path('F32'));
    expect(metadata).toEqual(metadataOfOurs(example.name, example.expected, 'F32'));
    expect(tensors).toEqual(tensorsOf(example.expected, 'F32'));
    for (const type of importTypes) {
      expect(await convertTensorsHere(files, type)).toEqual(tensorsOf(example.expected, type));
    }
  });

  if (example.oracle?.logits)
    it('makes a model with the logits of transformers', async () => {
      expectLogits(await directLogits(path('F32'), example.oracle?.tokens ?? []), example.oracle);
    });

  if (example.oracle?.pooled)
    it('makes a model with the vectors of transformers', async () => {
      expectVector(await directVector(path('F32'), example.oracle?.tokens ?? []), example.oracle);
    });
});

describe.each(await importAdapters())('the import of the adapter $name', (example) => {
  const base = () => join(folder, `${example.base}-F32.gguf`);
  const path = (type: string) => join(folder, `${example.name}-${type}.gguf`);

  it("makes the tensors and the metadata of llama.cpp's converter in F32 and F16, where that reads it", async () => {
    const files = await writeImportFolder(example, join(folder, example.name));
    for (const type of ['F32', 'F16'] as const) {
      await convertHere(files, { path: path(type), type, basePath: base() });
      if (!example.expected) continue;
      const metadata = example.expected.metadata.filter(([key]) => key !== 'general.name');
      const tensors = tensorsOf(example.expected, type);
      expect(await describeFile(path(type))).toEqual({ metadata, tensors });
    }
  });

  it('gives its model the logits of the model with the changes in its weights', async () => {
    const { oracle } = example;
    expectLogits(await directLogits(base(), oracle?.tokens ?? [], [path('F32')]), oracle);
  });
});
