import { seededRandom } from '../random/seeded-random.ts';
import { type BertConfig, type BertWeights, writeBertGguf } from './bert-gguf.ts';

export interface RandomBertOptions extends Partial<BertConfig> {
  readonly seed?: number;
}

/** A word whose embedding is NaN. */
export const poison = 'poison';

/** Words that cover ASCII letters, so that any plain text has tokens. */
const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789.,?!');
const defaultVocabulary = [
  ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'the', 'fox', 'sky', 'blue', poison],
  ...letters,
  ...letters.map((letter) => `##${letter}`),
];

/** Writes a tiny BERT with random weights, the same for the same seed. Returns the weights written. */
export async function writeRandomBert(
  path: string,
  { seed = 1, ...options }: RandomBertOptions = {},
): Promise<{ config: BertConfig; weights: BertWeights }> {
  const config: BertConfig = {
    name: 'Random BERT',
    layers: 2,
    heads: 2,
    embedding: 32,
    feedForward: 64,
    contextLength: 128,
    pooling: 'mean',
    vocabulary: defaultVocabulary,
    ...options,
  };
  const random = seededRandom(seed);
  const made = new Map<string, Float32Array>();
  const weights: BertWeights = (name, shape) => {
    const known = made.get(name);
    if (known) return known;
    const elements = shape.reduce((product, length) => product * length, 1);
    const isScale = name.endsWith('LayerNorm.weight');
    const values = Float32Array.from({ length: elements }, () => (isScale ? 1 : 0) + random() - 0.5);
    const poisoned = config.vocabulary.indexOf(poison);
    if (name === 'embeddings.word_embeddings.weight' && poisoned >= 0) {
      values.fill(Number.NaN, poisoned * config.embedding, (poisoned + 1) * config.embedding);
    }
    made.set(name, values);
    return values;
  };
  await writeBertGguf(path, config, weights);
  return { config, weights };
}
