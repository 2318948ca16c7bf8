import { describe, expect, it } from 'vitest';
import { memorySource } from '../../gguf/byte-source.ts';
import { ggufFacts } from '../../gguf/facts.ts';
import { parseGguf } from '../../gguf/parse.ts';
import type { GgufValue } from '../../gguf/types.ts';
import { encodeGguf, listOf } from '../../gguf/writer.ts';
import { parseDigest } from '../../names/digest.ts';
import { ModelName } from '../../names/model-name.ts';
import type { ConfiguredModel } from './configured-models.ts';
import type { EffectiveOptions } from './effective-options.ts';
import { modelTarget } from './model-target.ts';

const settings = {
  flashAttention: 'auto',
  kvCacheType: 'f16',
  kvCacheFolder: '',
  kvCacheDiskBytes: 0,
  kvCacheRamBytes: 0,
} as const;

const options = { contextLength: 128, batchSize: 64, adapterScales: [] } as Partial<EffectiveOptions>;

async function load(more: Record<string, GgufValue>) {
  const metadata: Record<string, GgufValue> = {
    'general.architecture': { type: 'string', value: 'llama' },
    'llama.block_count': { type: 'u32', value: 1 },
    'tokenizer.ggml.tokens': listOf('string', ['a', 'b', 'c', 'd']),
    ...more,
  };
  const facts = ggufFacts(await parseGguf(memorySource(encodeGguf({ metadata, tensors: [] }))));
  const model = {
    name: ModelName.parse('m'),
    weightsPath: 'model.gguf',
    weightsDigest: parseDigest(`sha256:${'a'.repeat(64)}`),
    facts,
    parameters: {},
    adapterPaths: [],
    draftPaths: [],
  } as Partial<ConfiguredModel>;
  return modelTarget(model as ConfiguredModel, options as EffectiveOptions, settings).load;
}

describe('the options of a load', () => {
  it('name the end tokens that the file lists, because the engine does not read them', async () => {
    const listed = await load({ 'tokenizer.ggml.eos_token_ids': listOf('i32', [2, 3]) });
    expect(listed).toMatchObject({ endTokens: [2, 3] });
    expect(await load({})).not.toHaveProperty('endTokens');
  });
});
