import { access, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedTokenizer } from '../../../test/fakes/import/shared-tokenizers.ts';
import { splitBy, tinyBytePairs } from '../../../test/fakes/import/tiny-byte-pairs.ts';
import { silence } from '../../../test/fakes/models/sampler-fixture.ts';
import { removeFolder } from '../../../test/fakes/remove-folder.ts';
import { splitPatterns } from '../../convert/tokenizer/pre-tokenizer/split-patterns.ts';
import { readVocabulary } from '../../convert/tokenizer/read-vocabulary.ts';
import type { TokenizerStyle, Vocabulary } from '../../convert/tokenizer/vocabulary.ts';
import type { GgufValue } from '../../gguf/types.ts';
import { listOf } from '../../gguf/writer.ts';
import { type Bindings, bindFunctions } from '../native/bindings.ts';
import { loadLibraries } from '../native/libraries.ts';
import { checkVocabulary } from './check-vocabulary.ts';

let bindings: Bindings;
let folder: string;

beforeAll(() => {
  const libraries = loadLibraries();
  silence(libraries);
  bindings = bindFunctions(libraries);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-vocabulary-'));
});
afterEach(() => removeFolder(folder));

type Files = Readonly<Record<string, unknown>>;
type Entries = readonly (readonly [string, GgufValue])[];

async function read(style: TokenizerStyle, contents: Files): Promise<Vocabulary> {
  const files = Object.entries(contents).map(([name]) => ({ name, path: join(folder, name) }));
  for (const [name, content] of Object.entries(contents)) {
    await writeFile(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  return readVocabulary({ files, style, config: {}, vocabularySize: undefined });
}

function check(vocabulary: Vocabulary, change: (entries: Entries) => Entries = (entries) => entries) {
  const metadata: Entries = [
    ['general.architecture', { type: 'string', value: 'llama' }],
    ...change(vocabulary.metadata),
  ];
  return checkVocabulary({ bindings, metadata, vocabulary, path: join(folder, 'vocabulary.gguf') });
}

const replace = (key: string, value: GgufValue) => (entries: Entries) =>
  entries.map((entry) => (entry[0] === key ? ([key, value] as const) : entry));

function valuesOf({ metadata }: Vocabulary, key: string) {
  const value = new Map(metadata).get(key);
  if (value?.type !== 'array') throw new Error(`${key} is no list`);
  return value.value.values ?? [];
}

const shared = (name: string) => sharedTokenizer(`tokenizers/${name}`);
const words = ['Hello', ' world', ' the', 'ing', "'s", "'LL", '123', '\n\n', '    ', 'école', '你好'];

describe('the proof of a tokenizer', () => {
  it.each([
    ['llama', { 'tokenizer.json': 'byte-pair/llama3' }],
    ['bpe', { 'tokenizer.json': 'byte-pair/deepseek-v3' }],
    ['llama', { 'tokenizer.model': 'sentence-piece.model' }],
    ['llama', { 'tokenizer.model': 'sentence-piece.model', 'tokenizer.json': 'sentence-piece.json' }],
    ['llama', { 'tokenizer.json': 'sentence-piece.json' }],
    ['word-piece', { 'tokenizer.json': 'word-piece.json' }],
  ] as const)('accepts a vocabulary of the style %s from %o', async (style, names) => {
    const contents: Record<string, Uint8Array> = {};
    for (const [name, reference] of Object.entries(names)) contents[name] = await shared(reference);
    const vocabulary = await read(style, contents);
    expect((await check(vocabulary)).preTokenizer).toBe(vocabulary.original.preTokenizer);
    await expect(access(join(folder, 'vocabulary.gguf'))).rejects.toThrow('ENOENT');
  });

  it('names a text and both lists of tokens where two tokens changed places', async () => {
    const vocabulary = await read('bpe', { 'tokenizer.json': tinyBytePairs(words) });
    const tokens = [...valuesOf(vocabulary, 'tokenizer.ggml.tokens')];
    const [first, second] = ['A', 'B'].map((text) => tokens.indexOf(text));
    [tokens[first ?? 0], tokens[second ?? 0]] = ['B', 'A'];
    const swapped = check(vocabulary, replace('tokenizer.ggml.tokens', listOf('string', tokens)));
    await expect(swapped).rejects.toThrow(
      /^the tokenizer cannot be carried over: ".*" gives \[[\d, ]+\] here and \[[\d, ]+\] in the original$/,
    );
  });

  it('finds the pre-tokenizer by trial where the steps are written in another way', async () => {
    for (const [name, pattern, ignore_merges] of [
      ['qwen2', splitPatterns.words.qwen2, false],
      ['llama-bpe', splitPatterns.words.llama3, true],
    ] as const) {
      const more = { pre_tokenizer: splitBy(`(?:${pattern})`), model: { ignore_merges } };
      const json = tinyBytePairs([...words, '12', '12345'], more);
      const vocabulary = await read('bpe', { 'tokenizer.json': json });
      expect(vocabulary.original.preTokenizer).toBeUndefined();
      expect((await check(vocabulary)).preTokenizer).toBe(name);
    }
  });

  it('refuses a way of splitting that the engine does not have', async () => {
    const json = tinyBytePairs(['oo', 'lo', 'o w'], { pre_tokenizer: splitBy('[aeiou]') });
    const vocabulary = await read('bpe', { 'tokenizer.json': json });
    await expect(check(vocabulary)).rejects.toThrow('the tokenizer cannot be carried over');
  });

  it('prefers the pre-tokenizer that keeps combining marks, where the usual one does not', async () => {
    const tamil = ['த', 'ம', 'ி', 'மி', 'தமி', ' दुनिया', 'आप'];
    const pre_tokenizer = splitBy(splitPatterns.words.gpt4o);
    const json = tinyBytePairs(tamil, { pre_tokenizer, model: { ignore_merges: true } });
    const vocabulary = await read('bpe', { 'tokenizer.json': json });
    expect(vocabulary.original.preTokenizer).toBe('gpt-4o');
    expect(await check(vocabulary)).toEqual({ preTokenizer: 'granite-embed-multi-97m', warnings: [] });
  });

  it('warns of characters for which the engine differs from all tokenizers of the kind', async () => {
    const composed = tinyBytePairs(['é', 'à'], { normalizer: { type: 'NFC' } });
    const { preTokenizer, warnings } = await check(await read('bpe', { 'tokenizer.json': composed }));
    expect(preTokenizer).toBe('gpt-2');
    expect(warnings).toEqual([
      expect.stringContaining(
        'other tokens than the original for characters that Unicode composes of several',
      ),
    ]);
  });

  it('finds that equal scores, as llama.cpp’s converter writes them, give other tokens', async () => {
    const vocabulary = await read('llama', { 'tokenizer.json': tinySentencePieces() });
    await check(vocabulary);
    const scores = valuesOf(vocabulary, 'tokenizer.ggml.scores').map(() => -1000);
    const equal = check(vocabulary, replace('tokenizer.ggml.scores', listOf('f32', scores)));
    await expect(equal).rejects.toThrow('the tokenizer cannot be carried over');
  });

  it('warns of spaces that the engine adds and the original does not', async () => {
    const json = {
      ...tinySentencePieces(),
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
    };
    const { warnings } = await check(await read('llama', { 'tokenizer.json': json }));
    expect(warnings).toEqual([
      expect.stringContaining('a text that begins with a space, before which it puts another'),
      expect.stringContaining('the text after an added token, before which it puts a space'),
    ]);
  });

  it('says so when the engine cannot load the vocabulary at all', async () => {
    const vocabulary = await read('bpe', { 'tokenizer.json': tinyBytePairs(words) });
    const broken = check(vocabulary, replace('tokenizer.ggml.model', { type: 'string', value: 'none such' }));
    await expect(broken).rejects.toThrow('the engine cannot load the vocabulary of this tokenizer');
  });

  it('refuses steps that fail on a text', async () => {
    const content = tinyBytePairs(words);
    const growing = { type: 'Replace', pattern: { Regex: '.' }, content: 'x'.repeat(1 << 20) };
    const normalizer = { type: 'Sequence', normalizers: [growing, growing] };
    const vocabulary = await read('bpe', { 'tokenizer.json': { ...content, normalizer } });
    await expect(check(vocabulary)).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringMatching(
        /^the tokenizer cannot be carried over: tokenizer.json has a part that is not known: /,
      ),
    });
  });

  it('refuses the kinds of tokenizer.model that the engine does not have', async () => {
    const model = await shared('sentence-piece.model');
    const unigram = await read('llama', { 'tokenizer.model': withAlgorithm(model, 1) });
    await expect(check(unigram)).rejects.toThrow('tokenizer.model is of the kind unigram');
  });
});

/** Merges "el" before "He", so that "Hello" is not merged from left to right. */
function tinySentencePieces() {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));
  const pieces = ['<unk>', '<s>', '</s>', ...bytes.map((byte) => `<0x${byte}>`), '▁', ...'Helo', 'He', 'el'];
  return {
    added_tokens: pieces
      .slice(0, 3)
      .map((content, id) => ({ id, content, special: true, normalized: false })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    decoder: { type: 'Sequence', decoders: [] },
    model: {
      ...{ type: 'BPE', unk_token: '<unk>', byte_fallback: true, fuse_unk: true },
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: [
        ['e', 'l'],
        ['H', 'e'],
      ],
    },
  };
}

/** The message with another TrainerSpec behind it: the last value of a field counts. */
function withAlgorithm(model: Uint8Array, algorithm: number): Uint8Array {
  const trainer = [(3 << 3) | 0, algorithm];
  return Buffer.concat([model, Buffer.from([(2 << 3) | 2, trainer.length, ...trainer])]);
}
