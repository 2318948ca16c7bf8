import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeValue } from '../../../test/fakes/import/describe-value.ts';
import { metadataOfOurs } from '../../../test/fakes/import/differences.ts';
import {
  type ExpectedFile,
  type ImportType,
  importCases,
  importTypes,
  refusedCases,
  writeImportFolder,
} from '../../../test/fakes/import/import-case.ts';
import { tensorType } from '../../gguf/tensor-types.ts';
import { planConversion } from './plan-conversion.ts';

describe('the plan of a conversion', async () => {
  for (const example of await importCases()) {
    if (refusedCases.has(example.name)) continue;
    it(`of ${example.name} has the metadata and the tensors of llama.cpp's converter, in its order`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'import-'));
      try {
        const files = await writeImportFolder(example, folder);
        for (const type of [...importTypes, 'auto'] as const) {
          const chosen = type === 'auto' ? example.expected.automatic : type;
          const plan = await planConversion(files, { type });
          const metadata = plan.metadata.map(([key, value]) => [key, ...describeValue(value)]);
          expect(metadata).toEqual(metadataOfOurs(example.name, example.expected, chosen));
          const tensors = plan.tensors.map((tensor) => [
            ...[tensor.name, tensor.shape, tensorType(tensor.type)?.name],
          ]);
          expect(tensors).toEqual(tensorsOf(example.expected, chosen));
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});

describe('a model that the engine cannot compute', async () => {
  for (const example of await importCases()) {
    const message = refusedCases.get(example.name);
    if (message === undefined) continue;
    it(`such as ${example.name} is refused`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'import-'));
      try {
        const files = await writeImportFolder(example, folder);
        await expect(planConversion(files, { type: 'F16' })).rejects.toThrow(message);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});

function tensorsOf({ tensors }: ExpectedFile, type: ImportType): unknown[] {
  return tensors.map(([name, shape, ...hashes]) => {
    const own = (hashes[importTypes.indexOf(type)] ?? hashes[0] ?? '').split(':');
    return [name, shape, own.length > 1 ? own[0] : type];
  });
}
