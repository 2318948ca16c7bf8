/** The tiny vocabularies that the cases of the import share: see `scripts/import-reference/case.py`, which reads the same files. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../fixtures/import/tokenizers', import.meta.url));

interface BytePairFamily {
  /** Text of each token that is added to the shared vocabulary, and whether it is special. */
  readonly added: readonly (readonly [content: string, special: number])[];
  readonly ignore_merges: boolean;
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly tokenizer_config: unknown;
}

/** @param reference "tokenizers/byte-pair/FAMILY", "tokenizers/byte-pair-config/FAMILY", or the name of a file */
export async function sharedTokenizer(reference: string): Promise<Buffer> {
  const [, kind = '', name] = reference.split('/');
  if (name === undefined) return readFile(`${folder}/${kind}`);
  const families: Record<string, BytePairFamily> = await readJson('byte-pair-families.json');
  const family = families[name];
  if (family === undefined) throw new Error(`no tokenizer ${reference}`);
  const content = kind === 'byte-pair-config' ? family.tokenizer_config : await bytePairTokenizer(family);
  return Buffer.from(JSON.stringify(content));
}

async function bytePairTokenizer(family: BytePairFamily) {
  const model: { vocab: Record<string, number> } = await readJson('byte-pair.json');
  const first = Object.keys(model.vocab).length;
  const { added, ignore_merges, normalizer, pre_tokenizer, post_processor, decoder } = family;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(([content, special], index) => ({
      ...{ id: first + index, content, single_word: false, lstrip: false, rstrip: false },
      ...{ normalized: false, special: special === 1 },
    })),
    ...{ normalizer, pre_tokenizer, post_processor, decoder },
    model: { ...model, ignore_merges },
  };
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(`${folder}/${name}`, 'utf8'));
}
