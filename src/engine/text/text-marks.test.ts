import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBytePairModel } from '../../../test/fakes/models/byte-pair-model.ts';
import { writeRandomModel } from '../../../test/fakes/models/random-model.ts';
import { silence } from '../../../test/fakes/models/sampler-fixture.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { removeFolder } from '../../../test/fakes/remove-folder.ts';
import { bindFunctions } from '../native/bindings.ts';
import { loadLibraries } from '../native/libraries.ts';
import { TextMarks } from './text-marks.ts';
import { Tokenizer } from './tokenizer.ts';

const TEXTS = 40;
const vocabularies = ['SentencePiece', 'SentencePiece with spaces', 'gpt-2', 'llama-bpe'] as const;
const pieces = ['the ', ' and', 'hello', '\n\n', ' ', '    ', "it's ", 'é', '😀', '<s', '|>', '<|mark', '\n'];
const controls = ['<|mark|>', '<s>', '</s>'];

let folder: string;
const found = new Map<string, { tokenizer: Tokenizer; marks: TextMarks }>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'text-marks-'));
  const libraries = loadLibraries();
  silence(libraries);
  const bindings = bindFunctions(libraries);
  for (const name of vocabularies) {
    const path = join(folder, `${name}.gguf`);
    if (name === 'SentencePiece') await writeRandomModel(path);
    else if (name === 'SentencePiece with spaces') {
      await writeRandomModel(path, {
        metadata: { 'tokenizer.ggml.add_space_prefix': { type: 'bool', value: true } },
      });
    } else await writeBytePairModel(path, name);
    const model = bindings.loadModel(path, bindings.modelDefaultParams());
    if (model === null) throw new Error('the model does not load');
    const tokenizer = new Tokenizer(bindings, model);
    found.set(name, { tokenizer, marks: new TextMarks(bindings, tokenizer) });
  }
});
afterAll(() => removeFolder(folder));

describe.each(vocabularies)('a text in a vocabulary of the kind %s', (name) => {
  it('has the same tokens when it is cut at any of its marks', () => {
    const random = seededRandom(11);
    const parts = found.get(name);
    if (!parts) throw new Error(`no vocabulary ${name}`);
    const { tokenizer, marks } = parts;
    let cuts = 0;
    for (let round = 0; round < TEXTS; round++) {
      const text = Array.from({ length: 10 + random() * 200 }, () => {
        const list = random() < 0.15 ? controls : pieces;
        return list[Math.floor(random() * list.length)];
      }).join('');
      const addSpecial = random() < 0.5;
      const tokens = tokenizer.tokenize(text, addSpecial, true);
      for (const mark of marks.of(text, tokens, addSpecial)) {
        const rest = tokenizer.tokenize(text.slice(mark.characters), false, true);
        expect([...tokens.slice(0, mark.tokens), ...rest]).toEqual(tokens);
        cuts++;
      }
    }
    expect(cuts).toBeGreaterThan(TEXTS);
  });
});
