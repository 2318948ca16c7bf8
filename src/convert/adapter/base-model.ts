import { metadataNumber, metadataNumbers, metadataText } from '../../gguf/metadata.ts';
import { readGgufFile } from '../../gguf/parse.ts';
import type { GgufFile, GgufTensor } from '../../gguf/types.ts';
import { Config } from '../hugging-face/config.ts';
import { refusal } from './refuse.ts';

/** What an adapter needs to know about the model that it changes. */
export interface BaseModel {
  /** `general.architecture`, such as "llama". */
  readonly architecture: string;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** The settings that tables of families ask for, by their names in config.json. */
  readonly config: Config;
}

/** Settings by their keys in the GGUF file, without the architecture. */
const settings: readonly (readonly [key: string, ...names: string[]])[] = [
  ['block_count', 'num_hidden_layers'],
  ['embedding_length', 'hidden_size'],
  ['attention.head_count', 'num_attention_heads'],
  ['attention.head_count_kv', 'num_key_value_heads'],
  ['attention.key_length', 'head_dim'],
  ['expert_count', 'num_local_experts', 'num_experts', 'n_routed_experts'],
  ['leading_dense_block_count', 'first_k_dense_replace', 'num_dense_layers'],
];

/**
 * Reads the header of the base model.
 * @throws OllamaError `invalid-request` when it is not a model
 */
export async function readBaseModel(path: string): Promise<BaseModel> {
  const file = await readGgufFile(path);
  const architecture = metadataText(file.metadata, 'general.architecture');
  if (architecture === undefined) throw refusal('the base model does not name its architecture');
  const tensors = new Map(file.tensors.map((tensor) => [tensor.name, tensor]));
  return { architecture, tensors, config: baseConfig(file, architecture) };
}

function baseConfig({ metadata }: GgufFile, architecture: string): Config {
  const values: Record<string, unknown> = {};
  for (const [key, ...names] of settings) {
    const value = metadataNumber(metadata, `${architecture}.${key}`);
    if (value === undefined) continue;
    for (const name of names) values[name] = value;
  }
  const perLayer = metadataNumbers(metadata, `${architecture}.attention.head_count_kv`);
  // lfm2: layers without heads are convolutions.
  if (perLayer.includes(0))
    values.layer_types = perLayer.map((heads) => (heads === 0 ? 'conv' : 'full_attention'));
  return new Config(values, 'the base model');
}
