import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedCase } from '../../../test/fakes/import/changed-case.ts';
import { writeImportFolder } from '../../../test/fakes/import/import-case.ts';
import type { ConvertPlan } from '../../convert/plan/convert-plan.ts';
import { planConversion } from '../../convert/plan/plan-conversion.ts';
import { bindFunctions } from '../native/bindings.ts';
import { loadLibraries } from '../native/libraries.ts';
import { checkVocabulary } from './check-vocabulary.ts';

const vocabulary = new URL('../../../test/fixtures/import/tokenizers/sentence-piece.json', import.meta.url);
const bindings = bindFunctions(loadLibraries());

let folder: string;
let plan: ConvertPlan;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phi3-'));
  const added = [addedToken(360, '<|endoftext|>', false), addedToken(361, '<|user|>', true)];
  const ending = addedToken(2, '</s>', true);
  const json = JSON.parse(await readFile(vocabulary, 'utf8'));
  // All but the tokens that the engine makes an exception of.
  const kept = json.added_tokens.filter(({ id }: { id: number }) => id < ending.id);
  const example = changedCase('phi3', {
    files: { 'tokenizer.json': { ...json, added_tokens: [...kept, ending, ...added] } },
  });
  const settings = example.files['tokenizer_config.json'] as Record<string, object>;
  const { 3: _mark, ...others } = settings.added_tokens_decoder as Record<string, object>;
  const listed = Object.fromEntries([ending, ...added].map((token) => [token.id, token]));
  const files = {
    ...example.files,
    'tokenizer_config.json': {
      ...settings,
      added_tokens_decoder: { ...others, ...listed },
    },
  };
  plan = await planConversion(await writeImportFolder({ ...example, files }, folder), { type: 'F16' });
});

afterAll(() => rm(folder, { recursive: true }));

function addedToken(id: number, content: string, rstrip: boolean) {
  return { id, content, rstrip, lstrip: false, normalized: false, single_word: false, special: true };
}

function checkNamed(name: string | undefined) {
  if (!plan.vocabulary) throw new Error('the plan has no vocabulary');
  const others = plan.metadata.filter(([key]) => key !== 'general.name');
  const named = name === undefined ? [] : ([['general.name', { type: 'string', value: name }]] as const);
  return checkVocabulary({
    bindings,
    metadata: [...others, ...named],
    vocabulary: plan.vocabulary,
    path: join(folder, 'vocabulary.gguf'),
  });
}

describe('a model whose tokens swallow white space as those of Phi 3', () => {
  it('gets a name with which the engine reads texts as its tokenizer does', async () => {
    const name = new Map(plan.metadata).get('general.name');
    expect(name).toEqual({ type: 'string', value: 'Phi-3' });
    await expect(checkNamed('Phi-3')).resolves.toMatchObject({ preTokenizer: undefined });
  });

  it('would get other tokens with another name', async () => {
    const { warnings } = await checkNamed('Model');
    expect(warnings).toEqual([expect.stringContaining('"before </s> after"')]);
  });
});
