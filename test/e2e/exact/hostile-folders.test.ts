/** Damaged folders in the real process, where the engine loads their vocabularies: each becomes a plan or an error that names a file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { messageOf, OllamaError } from '../../../src/base/errors.ts';
import { convertPrograms } from '../../../src/models/conversion/convert-process.ts';
import {
  damagedFolder,
  type FolderFile,
  undamaged,
  writeDamaged,
} from '../../fakes/import/damaged-folders.ts';
import { importCases, writeImportFolder } from '../../fakes/import/import-case.ts';
import { seededRandom } from '../../fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../scale.ts';

const program = fileURLToPath(new URL('../../../dist/engine/convert-main.js', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-hostile-'));
  mkdirSync(join(folder, 'changed'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Vocabularies are what the process gives to the engine, so that half of the damage is done to them. */
function damagedAt(files: readonly FolderFile[], seed: number) {
  const random = seededRandom(seed);
  if (random() < 0.5) return damagedFolder(files, random);
  const isTokenizer = ({ name }: FolderFile) => name.startsWith('tokenizer');
  const { files: damaged, what } = damagedFolder(files.filter(isTokenizer), random);
  return { files: [...files.filter((file) => !isTokenizer(file)), ...damaged], what };
}

it('the process that plans refuses what it cannot convert, and is never killed', async () => {
  const programs = convertPrograms({ program });
  const folders = [];
  for (const model of await importCases())
    folders.push(undamaged(await writeImportFolder(model, join(folder, 'models', model.name))));
  const count = rounds({ change: 6, long: 40, nightly: 4000 });
  const [outputPath, planPath] = [join(folder, 'output'), join(folder, 'plan')] as const;
  let refused = 0;
  for (let round = 0; round < count; round++) {
    const seed = seedFrom(1 + round);
    const { files, what } = damagedAt(folders[round % folders.length] ?? [], seed);
    for (const path of [outputPath, planPath]) writeFileSync(path, '');
    const job = {
      kind: 'plan',
      files: writeDamaged(files, join(folder, 'changed')),
      type: 'auto',
      outputPath,
      planPath,
    } as const;
    const error = await programs.plan(job, new AbortController().signal).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) continue;
    refused++;
    const code = error instanceof OllamaError ? error.code : 'thrown';
    expect(`${code}: ${messageOf(error)}`, `seed ${seed}: ${what}`).toMatch(
      /^invalid-request: \P{Cc}{1,1000}$/u,
    );
  }
  expect(refused).toBeGreaterThan(0);
});
