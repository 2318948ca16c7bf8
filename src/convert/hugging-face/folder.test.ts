import { describe, expect, it } from 'vitest';
import { changedCase, planOf } from '../../../test/fakes/import/changed-case.ts';
import type { ImportFolder } from '../../../test/fakes/import/import-case.ts';

const sharded = changedCase('llama-sharded', {});
const [firstPart = '', secondPart = ''] = Object.keys(sharded.weights).sort();
const INDEX = 'model.safetensors.index.json';

const renamed = (folder: ImportFolder, name: string): ImportFolder => ({
  ...folder,
  weights: { [name]: Object.values(folder.weights)[0] ?? [] },
});

describe('a folder', () => {
  it('is refused without config.json', async () => {
    const folder = changedCase('llama-3', { files: { 'config.json': undefined } });
    await expect(planOf(folder)).rejects.toThrow(
      'config.json is missing: give the whole folder, not only the weights',
    );
  });

  it('is refused with a pointer of Git LFS in place of a file', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1000\n';
    const folder = changedCase('llama-3', { files: { 'config.json': pointer } });
    await expect(planOf(folder)).rejects.toThrow(
      'config.json is a Git LFS pointer, not the file: run git lfs pull',
    );
  });

  const unreadable: readonly (readonly [name: string, message: string])[] = [
    ['pytorch_model-00001-of-00002.bin', 'is a pickle, which can run code: save it as safetensors'],
    ['consolidated.00.pth', 'is a pickle, which can run code'],
    ['consolidated.safetensors', "is in Mistral's own format"],
    ['flax_model.msgpack', 'is not a safetensors file'],
    ['weights.dat', 'the folder has no weights'],
    ['sub/model.safetensors', 'the folder has no weights'],
  ];
  for (const [name, message] of unreadable) {
    it(`is refused with weights named ${name}, with the way out`, async () => {
      await expect(planOf(renamed(changedCase('llama-3', {}), name))).rejects.toThrow(message);
    });
  }
});

describe('the index of the weights', () => {
  it('tells which part is missing', async () => {
    const folder = { ...sharded, weights: { [firstPart]: sharded.weights[firstPart] ?? [] } };
    await expect(planOf(folder)).rejects.toThrow(`${secondPart} is missing (named in ${INDEX})`);
  });

  it('tells which tensor a part lacks', async () => {
    const [gone, ...others] = sharded.weights[secondPart] ?? [];
    const folder = { ...sharded, weights: { ...sharded.weights, [secondPart]: others } };
    await expect(planOf(folder)).rejects.toThrow(`${secondPart} has no tensor "${gone?.[0]}"`);
  });

  it('tells which tensor it does not know', async () => {
    const more = [...(sharded.weights[secondPart] ?? []), ['extra.weight', 'BF16', [4]] as const];
    const folder = { ...sharded, weights: { ...sharded.weights, [secondPart]: more } };
    await expect(planOf(folder)).rejects.toThrow(`tensor "extra.weight" of ${secondPart} is not in ${INDEX}`);
  });

  for (const index of [{}, { weight_map: {} }, { weight_map: { a: 1 } }, { weight_map: [INDEX] }]) {
    it(`must map names to files: ${JSON.stringify(index)}`, async () => {
      const folder = { ...sharded, files: { ...sharded.files, [INDEX]: index } };
      await expect(planOf(folder)).rejects.toThrow(`"weight_map" in ${INDEX} must map names of tensors`);
    });
  }

  it('may not name itself, or another file without weights, as a part', async () => {
    const folder = { ...sharded, files: { ...sharded.files, [INDEX]: { weight_map: { a: INDEX } } } };
    await expect(planOf(folder)).rejects.toThrow(`${INDEX} names "${INDEX}"`);
  });

  it('ignores weights that it does not name', async () => {
    const folder = { ...sharded, weights: { ...sharded.weights, 'model-old.safetensors': [] } };
    await expect(planOf(folder)).resolves.toBeDefined();
  });

  it('is needed where two files have the same tensor', async () => {
    const { [INDEX]: _, ...files } = sharded.files;
    const weights = { ...sharded.weights, 'model-old.safetensors': sharded.weights[firstPart] ?? [] };
    await expect(planOf({ ...sharded, files, weights })).rejects.toThrow(
      `is in ${firstPart} and in model-old.safetensors: remove the files that do not belong to the model`,
    );
  });
});
