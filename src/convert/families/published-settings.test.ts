import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../base/json-object.ts';
import { Folder } from '../hugging-face/folder.ts';
import { architectureOf, completeConfig } from '../hugging-face/read-config.ts';
import { entriesOf } from '../plan/metadata-entries.ts';
import { familyOf } from './families.ts';

const published: Record<string, JsonObject> = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/import/published-settings.json', import.meta.url), 'utf8'),
);

/** Values of keys that went wrong in other converters. */
const values: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'Llama 3.1 8B': { 'rope.dimension_count': 128, 'attention.key_length': 128, 'rope.freq_base': 500_000 },
  'Llama 2 7B': { 'rope.freq_base': 10_000, 'attention.head_count_kv': 32 },
  // The size of a head is not the hidden size divided by the number of heads.
  'Mistral Nemo': { 'rope.dimension_count': 128, 'attention.key_length': 128 },
  'Qwen 3 0.6B': { 'attention.key_length': 128 },
  'Gemma 3 4B': {
    'attention.head_count': 8,
    'attention.head_count_kv': 4,
    'rope.scaling.factor': 8,
    'rope.freq_base_swa': 10_000,
    'attention.sliding_window': 1024,
  },
  'Gemma 3 1B': { 'rope.freq_base': 1_000_000, 'attention.sliding_window': 512 },
  'OLMo 3 7B': { 'rope.scaling.type': 'yarn', 'rope.scaling.original_context_length': 8192 },
  'Granite 3.3 2B': { 'attention.scale': 0.015625, logit_scale: 8, 'rope.dimension_count': 64 },
  'DeepSeek V3': {
    expert_gating_func: 2,
    'attention.head_count_kv': 1,
    'attention.key_length': 576,
    'attention.key_length_mla': 192,
    'rope.scaling.yarn_log_multiplier': 0.1,
  },
  'gpt-oss 20B': { 'attention.sliding_window': 128, expert_feed_forward_length: 2880 },
  'Phi 4': { 'rope.dimension_count': 128, 'attention.sliding_window': 0 },
  'all-MiniLM-L6-v2': { context_length: 512, 'attention.causal': false },
  'Command R plus': { context_length: 131_072, 'rope.scaling.type': 'none' },
};

describe.each(Object.entries(published))('the settings of %s', (name, settings) => {
  const family = familyOf(architectureOf(settings));
  const config = completeConfig(settings, family);
  const layers = config.integer('num_hidden_layers');

  it('pass all checks without a warning', () => {
    const checks = [...(family.checks ?? []), ...(family.warnings ?? [])];
    expect(checks.map((check) => check(config)).filter((message) => message !== undefined)).toEqual([]);
  });

  it('give every key of the metadata a value of its own', () => {
    const scope = { config, folder: new Folder([]), layers, tokenCount: 1, fileType: 1 };
    const entries = [...entriesOf(family.metadata, scope, 'X')];
    const metadata = Object.fromEntries(entries.map(([key, { value }]) => [key.replace(/^X\./, ''), value]));
    expect(metadata).toMatchObject({ block_count: layers, ...values[name] });
  });
});
