/**
 * Where our files differ from those of llama.cpp's converter on purpose. Everything else is equal: each tensor, and each key of
 * the metadata in its place. `docs/importing.md` explains the differences to users.
 */
import type { ExpectedFile } from './import-case.ts';

type Row = ExpectedFile['metadata'][number];

interface Difference {
  readonly key: string;
  readonly why: string;
  /** Cases that it concerns; absent = all. */
  readonly cases?: readonly string[];
  /** What our file has, at its end where the converter's has no such key; absent = nothing. */
  readonly ours?: Row;
  /** The key that ours follows, where that is not the last one. */
  readonly after?: string;
}

const endTokens = (cases: readonly string[], ids: readonly number[]): Difference => ({
  ...{ key: 'tokenizer.ggml.eos_token_ids', why: 'the converter keeps one of several end tokens', cases },
  ours: ['tokenizer.ggml.eos_token_ids', 'i32[]', ids],
});

const differences: readonly Difference[] = [
  {
    key: 'general.name',
    why: 'the converter takes the name of the folder, which uploaded files do not have',
  },
  endTokens(['llama-3', 'llama-bare', 'llama-sharded'], [362, 361, 363]),
  endTokens(['granite'], [362, 360]),
  endTokens(['smollm3', 'olmo2', 'olmo3', 'llama-fp8-channels'], [362, 361]),
  {
    key: 'deepseek2.expert_gating_func',
    why: 'config.json as transformers saves it does not state the function, and the engine would assume softmax',
    cases: ['deepseek-v3-saved'],
    ours: ['deepseek2.expert_gating_func', 'u32', 2],
    after: 'deepseek2.expert_group_used_count',
  },
  {
    key: 'tokenizer.chat_template',
    why: 'chat_template.jinja comes first, as in transformers; the converter prefers tokenizer_config.json',
    cases: ['llama-sharded'],
    ours: [
      'tokenizer.chat_template',
      'string',
      "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}",
    ],
  },
  {
    key: 'tokenizer.ggml.pre',
    why: 'another name of the same steps: the name comes from the steps, not from the vocabulary',
    cases: ['cohere', 'cohere2'],
    ours: ['tokenizer.ggml.pre', 'string', 'smollm'],
  },
  {
    key: 'tokenizer.ggml.scores',
    why: 'the converter gives all tokens of such a tokenizer.json one score, and the engine would then merge from left to right',
    cases: ['llama-biases'],
    ours: ['tokenizer.ggml.scores', 'f32[]', '360:a32b5faef20997bc'],
  },
  {
    key: 'tokenizer.ggml.token_type',
    why: 'an added token that is not special is user-defined there too',
    cases: ['llama-biases'],
    ours: ['tokenizer.ggml.token_type', 'i32[]', '360:aadd2b09b001d46d'],
  },
  {
    key: 'tokenizer.ggml.token_type',
    why: 'a piece that users defined is found in texts, as in the original; the converter makes an ordinary token of it, which the engine never finds',
    cases: ['llama-old'],
    ours: ['tokenizer.ggml.token_type', 'i32[]', '384:90bd190a518f481a'],
  },
  {
    key: 'tokenizer.ggml.tokens',
    why: 'an added token that the original looks for as it is written keeps its marks; the converter makes spaces of them, and the engine would find it in other texts',
    cases: ['mistral'],
    ours: ['tokenizer.ggml.tokens', 'string[]', '384:21e539dd4a892117'],
  },
];

/** The metadata that our file of a case must have. */
export function metadataOfOurs(name: string, { metadata, fileTypes }: ExpectedFile, type: string): Row[] {
  const rows = metadata.map(
    (row): Row => (row[0] === 'general.file_type' ? [row[0], row[1], fileTypes[type]] : row),
  );
  for (const { key, cases, ours, after } of differences) {
    if (cases && !cases.includes(name)) continue;
    const place = rows.findIndex((row) => row[0] === key);
    const removed = place < 0 ? 0 : 1;
    const target = removed ? place : placeAfter(rows, after);
    rows.splice(target, removed, ...(ours ? [ours] : []));
  }
  return rows;
}

function placeAfter(rows: readonly Row[], key: string | undefined): number {
  return key === undefined ? rows.length : rows.findIndex((row) => row[0] === key) + 1;
}
