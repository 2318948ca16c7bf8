import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertPrograms } from '../../../src/models/conversion/convert-process.ts';
import { changedCase } from '../../fakes/import/changed-case.ts';
import { writeImportFolder } from '../../fakes/import/import-case.ts';
import { withPredictingLayer } from '../../fakes/import/predicting-layer.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';

const program = fileURLToPath(new URL('../../../dist/engine/convert-main.js', import.meta.url));
const prompt = Array.from({ length: 20 }, (_, index) => 40 + 7 * index);

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'predicting-import-'));
  model = join(folder, 'model.gguf');
  const files = await writeImportFolder(
    changedCase('deepseek-v3', { tensors: (tensors) => withPredictingLayer(tensors) }),
    join(folder, 'source'),
  );
  const planPath = join(folder, 'plan');
  await Promise.all([writeFile(model, ''), writeFile(planPath, '')]);
  const { plan, write } = convertPrograms({ program });
  const { signal } = new AbortController();
  await plan({ kind: 'plan', files, outputPath: model, planPath, type: 'F32' }, signal);
  await write({ kind: 'write', outputPath: model, planPath }, signal, () => {});
});

afterAll(() => rm(folder, { recursive: true }));

describe('a model imported from safetensors with its predicting layer', () => {
  it('drafts with it, and writes what it writes without', async () => {
    const answers = [];
    for (const predictingLayers of [false, true]) {
      const runner = await startEngine({ modelPath: model, threads: 1, predictingLayers, drafting: 'on' });
      expect(runner.facts.drafts).toBe(predictingLayers ? 'predicting-layers' : undefined);
      answers.push((await askRunner(runner, prompt, { maxTokens: 40 })).tokens);
      await runner.stop();
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]).toHaveLength(40);
  });
});
