import { OllamaError } from '../../base/errors.ts';
import type { Family, SourceTensor } from '../families/family.ts';
import { checkIndex, indexedWeights } from '../hugging-face/check-index.ts';
import type { Config } from '../hugging-face/config.ts';
import type { Folder } from '../hugging-face/folder.ts';
import { quantizationOf } from '../hugging-face/quantization.ts';
import { readSafetensorsHeader } from '../safetensors/read-header.ts';
import type { SafeTensor } from '../safetensors/safe-tensor.ts';
import { checkHead } from './check-head.ts';
import { checkZeros } from './check-zeros.ts';
import { dequantize } from './dequantize.ts';

/** Buffers that training leaves in a folder; the engine computes what they hold. */
const buffers = ['.attention.masked_bias', '.attention.bias', '.rotary_emb.inv_freq'];

/** Tensors of all files. The largest models, with a tensor of scales beside each of an expert's weights, have 140 thousand. */
const MAX_TENSORS = 500_000;

/** The tensors of a folder, with the names that the family knows. */
export interface Sources {
  readonly tensors: readonly SourceTensor[];
  /** What was left out, in words. */
  readonly dropped: readonly string[];
  /** The settings, completed by what the tensors tell. */
  readonly config: Config;
}

/**
 * Reads the headers of all weights, in the order of the files and of the names in them.
 * @throws OllamaError `invalid-request` when a file is damaged, a part is missing, or a tensor is there twice
 */
export async function readSources(folder: Folder, family: Family, stated: Config): Promise<Sources> {
  const quantization = quantizationOf(stated, folder, family.quantization);
  const stored = await readTensors(folder);
  const names = stored.map(({ name }) => name);
  checkHead(family, stated, folder, names);
  const found = stored.map((tensor) => sourceOf(tensor, family.rename?.(tensor.name, stated) ?? tensor.name));
  const config = family.withTensors?.(stated, names) ?? stated;
  const dropped = new Map<string, number>();
  await checkZeros(found.filter(({ name }) => family.zeros?.test(name)));
  const kept = found.filter(({ name }) => {
    const reason = leftOut(name, family) ?? family.leaveOut?.(name, config);
    if (reason !== undefined) dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    return reason === undefined;
  });
  const tensors = quantization ? dequantize(kept, quantization) : kept;
  return {
    tensors: family.sources?.(tensors, config) ?? tensors,
    config,
    dropped: [...dropped].map(
      ([words, count]) => `${words} (${count} ${count === 1 ? 'tensor' : 'tensors'})`,
    ),
  };
}

async function readTensors(folder: Folder): Promise<readonly SafeTensor[]> {
  const index = await folder.index();
  const files = index ? indexedWeights(index, folder.weights()) : folder.weights();
  const parts: { file: (typeof files)[number]; tensors: readonly SafeTensor[] }[] = [];
  // One at a time: a header may take a hundred megabytes while it is parsed.
  let count = 0;
  for (const file of files) {
    const tensors = await readSafetensorsHeader(file);
    count += tensors.length;
    if (count > MAX_TENSORS) throw tooMany();
    parts.push({ file, tensors });
  }
  if (index) checkIndex(index, parts);
  refuseTwins(parts);
  return parts.flatMap(({ tensors }) => tensors);
}

function tooMany(): OllamaError {
  return new OllamaError('invalid-request', `the weights have more than ${MAX_TENSORS} tensors`);
}

function refuseTwins(parts: readonly { file: { name: string }; tensors: readonly SafeTensor[] }[]): void {
  const owners = new Map<string, string>();
  for (const { file, tensors } of parts) {
    for (const { name } of tensors) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        throw new OllamaError(
          'invalid-request',
          `tensor "${name}" is in ${owner} and in ${file.name}: remove the files that do not belong to the model`,
        );
      }
      owners.set(name, file.name);
    }
  }
}

function leftOut(name: string, { zeros }: Family): string | undefined {
  if (zeros?.test(name)) return 'biases of zeros';
  return buffers.some((ending) => name.endsWith(ending))
    ? 'constants that the engine computes itself'
    : undefined;
}

function sourceOf({ type, shape, path, start }: SafeTensor, name: string): SourceTensor {
  return { name, type, shape, data: { kind: 'source', tensor: { type, shape, path, start } } };
}
