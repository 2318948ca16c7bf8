import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeSentencePieceModel } from '../../../test/fakes/import/sentence-piece-file.ts';
import { tinyBytePairs } from '../../../test/fakes/import/tiny-byte-pairs.ts';
import type { JsonObject } from '../../base/json-object.ts';
import { readVocabulary } from './read-vocabulary.ts';
import type { TokenizerStyle, Vocabulary } from './vocabulary.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vocabulary-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Extra {
  readonly config?: JsonObject;
  readonly vocabularySize?: number;
}

async function read(
  style: TokenizerStyle,
  contents: Readonly<Record<string, unknown>>,
  { config = {}, vocabularySize }: Extra = {},
): Promise<Vocabulary> {
  const files = Object.keys(contents).map((name) => ({ name, path: join(folder, name) }));
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(join(folder, name), isRaw ? content : JSON.stringify(content));
  }
  return readVocabulary({ files, style, config, vocabularySize });
}

/** The metadata as plain values, without the part of the keys that all have. */
function plain({ metadata }: Vocabulary): Record<string, unknown> {
  return Object.fromEntries(
    metadata.map(([key, { type, value }]) => [
      key.replace(/^tokenizer\.(ggml\.)?/, ''),
      type === 'array' ? value.values : value,
    ]),
  );
}

const added = (id: number, content: string, more: object = {}) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  ...more,
});
const pieces = (...texts: string[]) =>
  encodeSentencePieceModel([
    { text: '<unk>', score: 0, type: 2 },
    { text: '<s>', score: 0, type: 3 },
    ...texts.map((text, index) => ({ text, score: -index, type: 1 })),
  ]);

describe('a vocabulary of byte pairs', () => {
  it('has padding, and the kinds of added tokens by what they are and how they look', async () => {
    const json = tinyBytePairs(['ab'], {
      added_tokens: [
        added(257, '<|im_end|>', { special: false }),
        added(258, '<tool_call>', { special: false }),
        added(259, '[MASK]'),
      ],
    });
    const { tokens, token_type: types } = plain(
      await read('bpe', { 'tokenizer.json': json }, { vocabularySize: 262 }),
    );
    expect((tokens as string[]).slice(255)).toEqual([
      ...['ÿ', 'ab', '<|im_end|>', '<tool_call>', '[MASK]', '[PAD260]', '[PAD261]'],
    ]);
    expect((types as number[]).slice(255)).toEqual([1, 1, 3, 4, 3, 5, 5]);
  });

  it('reads merges as texts and as pairs, whose spaces are written as the engine reads them', async () => {
    const vocab = Object.fromEntries(['a', 'b', ' ', 'ab', 'ab '].map((text, id) => [text, id]));
    const merges = async (list: unknown) =>
      plain(await read('bpe', { 'tokenizer.json': { model: { type: 'BPE', vocab, merges: list } } })).merges;
    expect(await merges(['a b'])).toEqual(['a b']);
    expect(
      await merges([
        ['a', 'b'],
        ['ab', ' '],
      ]),
    ).toEqual(['a b', 'ab Ġ']);
  });

  it('takes added tokens and their kinds from tokenizer_config.json too', async () => {
    const json = tinyBytePairs([], { added_tokens: [added(256, '<x>', { special: false })] });
    const settings = {
      added_tokens_decoder: { 256: added(256, '<x>'), 257: added(257, '<y>', { special: false }) },
      pad_token: '<pad here>',
    };
    const { tokens, token_type: types } = plain(
      await read('bpe', { 'tokenizer.json': json, 'tokenizer_config.json': settings }),
    );
    expect((tokens as string[]).slice(256)).toEqual(['<x>', '<y>', '<pad here>']);
    expect((types as number[]).slice(256)).toEqual([3, 4, 3]);
  });
});

describe('a vocabulary of tokenizer.model', () => {
  it('is changed and followed by added tokens, whose IDs beyond the embedding are ignored', async () => {
    const files = {
      'tokenizer.model': pieces('▁a', 'b', '<0x0A>'),
      'added_tokens.json': { '<extra>': 5, '<far>': 99 },
      'tokenizer_config.json': {
        added_tokens_decoder: {
          3: added(3, '<b>'),
          6: added(6, '▁two▁', { special: false, normalized: true }),
        },
      },
    };
    const { tokens, token_type: types, scores } = plain(await read('llama', files, { vocabularySize: 8 }));
    expect(tokens).toEqual(['<unk>', '<s>', '▁a', '<b>', '<0x0A>', '<extra>', ' two ', '[PAD7]']);
    expect(types).toEqual([2, 3, 1, 3, 1, 4, 4, 5]);
    expect(scores).toEqual([0, 0, -0, -1000, -2, -1000, -1000, -10_000]);
  });

  it('keeps a piece that begins with U+FEFF', async () => {
    const { tokens } = plain(await read('llama', { 'tokenizer.model': pieces('//', '\ufeff//') }));
    expect(tokens).toEqual(['<unk>', '<s>', '//', '\ufeff//']);
  });

  it('comes before tokenizer.json, unless the family has byte pairs only', async () => {
    const files = { 'tokenizer.model': pieces('a'), 'tokenizer.json': tinyBytePairs(['ab']) };
    expect(plain(await read('llama', files)).model).toBe('llama');
    expect(plain(await read('sentence-piece-or-bpe', files)).model).toBe('llama');
    expect(plain(await read('bpe', files)).model).toBe('gpt2');
  });
});

describe('end tokens', () => {
  const json = tinyBytePairs([], {
    added_tokens: [added(256, '<|im_end|>'), added(257, '<|endoftext|>'), added(258, '<stop>')],
  });

  it('are all kept, the one of tokenizer_config.json first', async () => {
    const vocabulary = await read(
      'bpe',
      {
        'tokenizer.json': json,
        'tokenizer_config.json': { eos_token: '<|im_end|>' },
        'generation_config.json': { eos_token_id: [257, 256] },
      },
      { config: { eos_token_id: 257 } },
    );
    expect(vocabulary.endTokens).toEqual([256, 257]);
    expect(plain(vocabulary)).toMatchObject({ eos_token_id: 256, eos_token_ids: [256, 257] });
    expect(plain(vocabulary)).not.toHaveProperty('eot_token_id');
  });

  it('of config.json as a list give the end of the sequence, and roles to those that other engines do not know', async () => {
    const vocabulary = await read(
      'bpe',
      { 'tokenizer.json': json },
      { config: { eos_token_id: [257, 258, 999] } },
    );
    expect(plain(vocabulary)).toMatchObject({
      ...{ eos_token_id: 257, eot_token_id: 258, eos_token_ids: [257, 258] },
    });
  });

  it('are no list when there is one', async () => {
    const vocabulary = await read('bpe', { 'tokenizer.json': json }, { config: { eos_token_id: 257 } });
    expect(vocabulary.endTokens).toEqual([257]);
    expect(plain(vocabulary)).not.toHaveProperty('eos_token_ids');
  });
});

describe('chat templates', () => {
  const json = tinyBytePairs([]);
  const read1 = (files: Readonly<Record<string, unknown>>) =>
    read('bpe', { 'tokenizer.json': json, ...files });

  it('come from chat_template.jinja first, with those of the folder beside it', async () => {
    const values = plain(
      await read1({
        'chat_template.jinja': 'new',
        'additional_chat_templates/tool-use.jinja': 'tools',
        'tokenizer_config.json': { chat_template: 'old' },
      }),
    );
    expect(values).toMatchObject({
      chat_template: 'new',
      'chat_template.tool_use': 'tools',
      chat_templates: ['tool_use'],
    });
  });

  it('come from a list in tokenizer_config.json with their names', async () => {
    const list = [
      { name: 'default', template: 'usual' },
      { name: 'tool_use', template: 'tools' },
      { name: 'rag', template: 'documents' },
    ];
    const values = plain(await read1({ 'tokenizer_config.json': { chat_template: list } }));
    expect(values).toMatchObject({
      chat_template: 'usual',
      chat_templates: ['tool_use', 'rag'],
      'chat_template.rag': 'documents',
    });
  });

  it('come from chat_template.json otherwise', async () => {
    expect(plain(await read1({ 'chat_template.json': { chat_template: 'x' } })).chat_template).toBe('x');
  });
});

describe('a folder is refused', () => {
  const json = (model: object, more: object = {}) => ({ 'tokenizer.json': { model, ...more } });
  const bytePairs = (vocab: object, merges: unknown = []) => json({ type: 'BPE', vocab, merges });

  it.each<[string, TokenizerStyle, Readonly<Record<string, unknown>>, string]>([
    ['without a tokenizer', 'llama', {}, 'no tokenizer: tokenizer.json or tokenizer.model is needed'],
    ['with tekken.json alone', 'llama', { 'tekken.json': {} }, 'tekken.json alone is not read yet'],
    [
      'with vocab.json and merges.txt',
      'bpe',
      { 'vocab.json': {}, 'merges.txt': '' },
      'only vocab.json and merges.txt',
    ],
    [
      'with a Unigram tokenizer',
      'bpe',
      json({ type: 'Unigram', vocab: [] }),
      'has a tokenizer of the type Unigram',
    ],
    ['with damaged JSON', 'bpe', { 'tokenizer.json': '{"model": {' }, 'tokenizer.json is not valid JSON'],
    ['with a list for a tokenizer', 'bpe', { 'tokenizer.json': [] }, 'tokenizer.json is not a JSON object'],
    ['without a model', 'bpe', { 'tokenizer.json': {} }, 'tokenizer.json has no "model"'],
    ['with a text for an ID', 'bpe', bytePairs({ a: 'x' }), 'the ID "x", which is not a valid ID'],
    ['with a huge ID', 'bpe', bytePairs({ a: 2 ** 53 }), 'which is not a valid ID'],
    ['with one ID for two tokens', 'bpe', bytePairs({ a: 0, b: 0 }), 'gives the ID 0 to both "a" and "b"'],
    ['with half a character', 'bpe', bytePairs({ '\ud800': 0 }), 'token 0 is not valid Unicode'],
    [
      'with a merge of one part',
      'bpe',
      bytePairs({ a: 0 }, ['a']),
      'a merge that is not a pair of texts: number 0',
    ],
    [
      'with equal texts',
      'bpe',
      json({ type: 'BPE', vocab: { a: 0 }, merges: [] }, { added_tokens: [{ id: 1, content: 'a' }] }),
      'the same text "a"',
    ],
    [
      'with a Git LFS pointer',
      'llama',
      { 'tokenizer.model': 'version https://git-lfs.github.com/spec/v1\n' },
      'is a Git LFS pointer',
    ],
    [
      'with a damaged tokenizer.model',
      'llama',
      { 'tokenizer.model': Uint8Array.of(0x0a, 0x7f, 1) },
      'tokenizer.model is damaged',
    ],
    ['with an empty tokenizer.model', 'llama', { 'tokenizer.model': '' }, 'tokenizer.model has no tokens'],
  ])('%s', async (_, style, files, message) => {
    await expect(read(style, files)).rejects.toThrow(message);
  });

  it('with a token beyond the embedding', async () => {
    const files = { 'tokenizer.json': tinyBytePairs(['ab', 'cd']) };
    await expect(read('bpe', files, { vocabularySize: 257 })).rejects.toThrow(
      'token "cd" has the ID 257, but config.json states a "vocab_size" of 257',
    );
  });
});
