import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddingFiles, ensureEmbeddingModel } from '../../../scripts/model-cache.mjs';
import { type BertConfig, type BertWeights, writeBertGguf } from './bert-gguf.ts';
import { readSafetensors } from './safetensors.ts';

/** Increment this with every change to the converter's output. */
const CONVERTER_VERSION = 1;

export interface MiniLm {
  /** all-MiniLM-L6-v2, converted to GGUF. */
  readonly ggufPath: string;
  /** Where the model is as it is published, and the names of its files there. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly config: BertConfig;
  readonly weights: BertWeights;
}

/** Fetches and converts the model unless it is in the cache. */
export async function ensureMiniLm(): Promise<MiniLm> {
  const folder = await ensureEmbeddingModel();
  const tensors = await readSafetensors(join(folder, 'model.safetensors'));
  const vocabulary = (await readFile(join(folder, 'vocab.txt'), 'utf8')).trimEnd().split('\n');
  const weights: BertWeights = (name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`the published weights have no ${name}`);
    return tensor.values;
  };
  const config: BertConfig = {
    name: 'all-MiniLM-L6-v2',
    layers: 6,
    heads: 12,
    embedding: 384,
    feedForward: 1536,
    contextLength: 512,
    pooling: 'mean',
    vocabulary,
  };
  const ggufPath = join(folder, `converted-${CONVERTER_VERSION}.gguf`);
  const exists = await access(ggufPath).then(
    () => true,
    () => false,
  );
  if (!exists) await writeBertGguf(ggufPath, config, weights);
  return { ggufPath, folder, files: embeddingFiles, config, weights };
}
