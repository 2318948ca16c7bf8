/** Folders and adapters that were damaged at random: each becomes a plan, or an error that a person can read. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  mlxPair,
  peftPair,
  sizes,
  writeAdapter,
  writeBaseModel,
} from '../../test/fakes/import/adapter-files.ts';
import {
  damagedFolder,
  type FolderFile,
  undamaged,
  writeDamaged,
} from '../../test/fakes/import/damaged-folders.ts';
import { importCases, writeImportFolder } from '../../test/fakes/import/import-case.ts';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { OllamaError } from '../base/errors.ts';
import { planAdapter } from './adapter/plan-adapter.ts';
import type { ConvertPlan } from './plan/convert-plan.ts';
import { planConversion } from './plan/plan-conversion.ts';
import type { SourceFile } from './source-file.ts';
import { tensorShape } from './tensors/describe-tensor-data.ts';

type Planner = (files: readonly SourceFile[]) => Promise<ConvertPlan>;

/** Characters that an error may have: it is shown in one line of a terminal. */
const LONGEST_MESSAGE = 1000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-hostile-'));
  mkdirSync(join(folder, 'changed'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** @returns how many of the damaged folders could be planned nevertheless */
async function planDamaged(
  folders: readonly (readonly FolderFile[])[],
  plan: Planner,
  count: number,
): Promise<number> {
  let planned = 0;
  for (let round = 0; round < count; round++) {
    const seed = seedFrom(1 + round);
    const { files, what } = damagedFolder(folders[round % folders.length] ?? [], seededRandom(seed));
    const error = await plan(writeDamaged(files, join(folder, 'changed'))).then(
      checkPlan,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) planned++;
    else expectReadable(error, `seed ${seed}: ${what}`);
  }
  return planned;
}

/** A plan must be one that can be carried out: its shapes are those of its data. */
function checkPlan(plan: ConvertPlan): undefined {
  for (const { data, shape } of plan.tensors) expect(tensorShape(data).toReversed()).toEqual(shape);
  expect(new Set(plan.tensors.map(({ name }) => name)).size).toBe(plan.tensors.length);
  for (const text of [...plan.report.dropped, ...plan.report.warnings]) expect(text).toSatisfy(isReadable);
}

function expectReadable(error: unknown, hint: string): void {
  if (!(error instanceof OllamaError)) throw new Error(`${hint}: ${String(error)}`, { cause: error });
  expect(error.code, hint).toBe('invalid-request');
  expect(error.message, hint).toSatisfy(isReadable);
}

function isReadable(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST_MESSAGE && !/\p{Cc}/u.test(text);
}

/** Milliseconds for so many folders, each of which takes about 10 on a busy machine, beside the making of the first ones. */
function timeLimit(folders: number): number {
  return 60_000 + folders * 50;
}

const damagedModels = rounds({ change: 400, long: 10_000, nightly: 200_000 });

it('damaged folders of models of all families', { timeout: timeLimit(damagedModels) }, async () => {
  const folders: FolderFile[][] = [];
  for (const model of await importCases()) {
    folders.push(undamaged(await writeImportFolder(model, join(folder, 'models', model.name))));
  }
  const planned = await planDamaged(
    folders,
    (files) => planConversion(files, { type: 'auto' }),
    damagedModels,
  );
  // Some damage is harmless, such as that of a setting that no key depends on.
  expect(planned).toBeGreaterThan(damagedModels / 50);
});

const damagedAdapters = rounds({ change: 400, long: 5_000, nightly: 100_000 });

it('damaged adapters', { timeout: timeLimit(damagedAdapters) }, async () => {
  const { embedding, heads, headSize, feedForward } = sizes;
  const basePath = join(folder, 'base.gguf');
  writeBaseModel(basePath);
  const modules = [
    ['model.layers.0.self_attn.q_proj', [heads * headSize, embedding]],
    ['model.layers.1.mlp.down_proj', [embedding, feedForward]],
  ] as const;
  const peft = {
    peft_type: 'LORA',
    r: 4,
    lora_alpha: 8,
    use_rslora: true,
    alpha_pattern: { q_proj: 3 },
    target_modules: ['q_proj'],
  };
  const mlx = { fine_tune_type: 'lora', num_layers: 2, lora_parameters: { rank: 4, scale: 20, dropout: 0 } };
  const folders = [
    undamaged(
      writeAdapter(
        join(folder, 'peft'),
        peft,
        modules.flatMap(([name, shape]) => peftPair(name, 4, shape)),
      ),
    ),
    undamaged(
      writeAdapter(
        join(folder, 'mlx'),
        mlx,
        modules.flatMap(([name, shape]) => mlxPair(name, 4, shape)),
        'adapters.safetensors',
      ),
    ),
  ];
  const planned = await planDamaged(
    folders,
    (files) => planAdapter(files, { basePath, type: 'auto' }),
    damagedAdapters,
  );
  expect(planned).toBeGreaterThan(damagedAdapters / 50);
});
