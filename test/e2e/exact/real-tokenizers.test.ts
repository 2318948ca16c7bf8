import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ensureEmbeddingModel,
  ensureLargeVocabularyModel,
  ensureSmolModel,
  ensureTokenizer,
} from '../../../scripts/model-cache.mjs';
import { readVocabulary } from '../../../src/convert/tokenizer/read-vocabulary.ts';
import type { TokenizerStyle } from '../../../src/convert/tokenizer/vocabulary.ts';
import { withPreTokenizer } from '../../../src/convert/tokenizer/with-pre-tokenizer.ts';
import { checkVocabulary } from '../../../src/engine/convert/check-vocabulary.ts';
import { limitationsOf } from '../../../src/engine/convert/limitations.ts';
import { loadVocabulary } from '../../../src/engine/convert/vocabulary-model.ts';
import { type Bindings, bindFunctions } from '../../../src/engine/native/bindings.ts';
import { loadLibraries } from '../../../src/engine/native/libraries.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { bytePairFiles, sentencePieceFiles } from '../../fakes/import/write-back-tokenizer.ts';
import { silence } from '../../fakes/models/sampler-fixture.ts';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWith } from '../../fakes/python-environment.ts';
import { randomText } from '../../fakes/random/random-text.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';

const run = promisify(execFile);
const TEXTS = rounds({ change: 500, long: 10_000, nightly: 100_000 });
const TEST_TIMEOUT_MS = 600_000;

/** Encodes a list of texts by the libraries of the models' authors. */
const encodeByOriginal = `
import json, os, sys
folder, texts, result = sys.argv[1:]
texts = json.load(open(texts, encoding="utf-8"))
if os.path.exists(folder + "/tokenizer.model"):
    from sentencepiece import SentencePieceProcessor
    ids = SentencePieceProcessor(model_file=folder + "/tokenizer.model").encode(texts)
else:
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
json.dump(ids, open(result, "w"))
`;

interface Example {
  readonly name: string;
  readonly style: TokenizerStyle;
  readonly architecture: string;
  readonly vocabularySize?: number;
  readonly folder: () => Promise<string>;
}

let work: string;
let python: string;
let bindings: Bindings;

const isThere = await hasPython();

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'tokenizers-'));
  if (isThere) python = await pythonWith(['sentencepiece==0.2.0', 'tokenizers==0.22.2']);
  const libraries = loadLibraries();
  silence(libraries);
  bindings = bindFunctions(libraries);
}, INSTALL_TIMEOUT_MS);
afterAll(() => rm(work, { recursive: true, force: true }));

/** The tokenizer of a GGUF file as a folder of Hugging Face. */
async function writtenBack(path: string, kind: 'byte-pairs' | 'sentence-piece'): Promise<string> {
  const file = await readGgufFile(path, { arrays: 'keep' });
  const folder = join(work, kind);
  await mkdir(folder);
  const files = kind === 'byte-pairs' ? bytePairFiles(file) : sentencePieceFiles(file);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const examples: readonly Example[] = [
  {
    ...{ name: 'Mistral v1 (tokenizer.model)', style: 'llama', architecture: 'llama' },
    folder: () => ensureTokenizer('mistral1'),
  },
  {
    ...{ name: 'Mistral v3 (tokenizer.model)', style: 'llama', architecture: 'llama' },
    folder: () => ensureTokenizer('mistral3'),
  },
  {
    ...{ name: 'DeepSeek (byte pairs with patterns)', style: 'bpe', architecture: 'deepseek2' },
    ...{ vocabularySize: 129_280, folder: () => ensureTokenizer('deepseek') },
  },
  {
    ...{ name: 'all-MiniLM-L6-v2 (WordPiece)', style: 'word-piece', architecture: 'bert' },
    folder: ensureEmbeddingModel,
  },
  {
    ...{ name: 'SmolLM2 (byte pairs with digits)', style: 'llama', architecture: 'llama' },
    folder: async () => writtenBack(await ensureSmolModel(), 'byte-pairs'),
  },
  {
    ...{ name: 'Gemma 3 (tokenizer.model)', style: 'gemma3', architecture: 'gemma3' },
    folder: async () => writtenBack(await ensureLargeVocabularyModel(), 'sentence-piece'),
  },
];

async function vocabularyOf({ style, vocabularySize }: Example, folder: string) {
  const names = await readdir(folder);
  const files = names.map((name) => ({ name, path: join(folder, name) }));
  return readVocabulary({ files, style, config: {}, vocabularySize });
}

async function originalTokens(folder: string, texts: readonly string[]): Promise<number[][]> {
  const [from, to] = [join(work, 'texts.json'), join(work, 'ids.json')];
  await writeFile(from, JSON.stringify(texts));
  await run(python, ['-c', encodeByOriginal, folder, from, to]);
  return JSON.parse(await readFile(to, 'utf8')) as number[][];
}

describe.runIf(isThere)('the tokenizer of', () => {
  it.each(examples)(
    '$name is proven, and gives the tokens of its own library for random texts',
    async (example) => {
      const folder = await example.folder();
      const vocabulary = await vocabularyOf(example, folder);
      const path = join(work, 'vocabulary.gguf');
      const metadata: (readonly [string, GgufValue])[] = [
        ['general.architecture', { type: 'string', value: example.architecture }],
        ...vocabulary.metadata,
      ];
      const { preTokenizer } = await checkVocabulary({ bindings, metadata, vocabulary, path });
      const named = preTokenizer === undefined ? metadata : withPreTokenizer(metadata, preTokenizer);
      const random = seededRandom(seedFrom(7));
      const texts = Array.from({ length: TEXTS }, () => randomText(random));
      const expected = await originalTokens(folder, texts);
      const loaded = await loadVocabulary(bindings, named, path);
      const engine = (text: string) => loaded.tokenizer.tokenize(text, false, true);
      const limitations = limitationsOf(vocabulary.original, preTokenizer);
      const different = texts.filter(
        (text, index) =>
          JSON.stringify(engine(text)) !== JSON.stringify(expected[index]) &&
          !limitations.some(({ affects }) => affects?.(text)),
      );
      loaded.free();
      expect(different).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});
