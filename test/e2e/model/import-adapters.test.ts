/**
 * Adapters of all kinds for models of all families: the engine computes the same with the base model and the converted
 * adapter as with a model into whose weights the adapter was merged before its conversion.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planAdapter } from '../../../src/convert/adapter/plan-adapter.ts';
import { type AdapterKind, writeAdaptedModel } from '../../fakes/import/adapted-models.ts';
import { convertHere } from '../../fakes/import/convert-here.ts';
import { directLogits, directVector } from '../../fakes/import/direct-logits.ts';
import { type ImportCase, importCases } from '../../fakes/import/import-case.ts';

const TOKENS = [3, 17, 42, 5, 99, 23, 64, 7, 31, 80];

/**
 * What the adapter changes of the logits is far more than both computations differ in. Gemma's values go through tables of 16
 * bits, where a rounding to the other side costs more than elsewhere.
 */
const SMALL_PART = 1e-3;

/** Weights that the engine does not have, or multiplies with in ways that take no adapters. */
const untouchable: readonly (readonly [model: RegExp, weights: RegExp])[] = [
  [/^deepseek/, /self_attn\.(?:q|kv)_|lm_head/],
  [/bert/, /pooler|cls\./],
];

const cases = (await importCases()).filter((model) => isFloat(model) && model.oracle);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-adapters-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Adapters of models with 8 or 4 bits are adapters of models without. */
function isFloat({ weights }: ImportCase): boolean {
  const types = Object.values(weights).flatMap((tensors) => tensors.map(([, type]) => type));
  return !types.some((type) => /^(?:U8|F8)/.test(type));
}

function isAdapted(model: ImportCase): (weight: string) => boolean {
  return (weight) => !untouchable.some(([name, weights]) => name.test(model.name) && weights.test(weight));
}

/** Logits after each token; for a model of embeddings, its vector. */
function compute(model: ImportCase, path: string, adapters: readonly string[] = []): Promise<Float32Array[]> {
  if (!model.oracle?.pooled) return directLogits(path, TOKENS, adapters);
  return directVector(path, TOKENS, adapters).then((vector) => [vector]);
}

function largestDifference(one: readonly Float32Array[], other: readonly Float32Array[]): number {
  expect(one.map(({ length }) => length)).toEqual(other.map(({ length }) => length));
  const differences = one.flatMap((row, at) =>
    [...row].map((value, index) => Math.abs(value - (other[at]?.[index] ?? 0))),
  );
  return differences.reduce((most, difference) => Math.max(most, difference), 0);
}

describe.each(cases.map((model) => ({ name: model.name, model })))('$name', ({ name, model }) => {
  it.each<AdapterKind>(['PEFT', 'rsLoRA with patterns', 'MLX'])('with an adapter: %s', async (kind) => {
    const place = join(folder, `${name} ${kind}`);
    const files = await writeAdaptedModel(model, place, kind, isAdapted(model));
    const base = join(place, 'base.gguf');
    const merged = join(place, 'merged.gguf');
    const adapter = join(place, 'adapter.gguf');
    await convertHere(files.base, { path: base, type: 'F32' });
    await convertHere(files.merged, { path: merged, type: 'F32' });
    await convertHere(files.adapter, { path: adapter, type: 'auto', basePath: base });
    const expected = await compute(model, merged);
    const change = largestDifference(await compute(model, base), expected);
    expect(change).toBeGreaterThan(0);
    expect(largestDifference(await compute(model, base, [adapter]), expected)).toBeLessThan(
      change * SMALL_PART,
    );
  });
});

it('adapters of weights that the engine would leave as they are become errors', async () => {
  for (const [name, message] of [
    ['deepseek-v3', /the engine ignores adapters of output.weight in deepseek2 models: merge it/],
    ['bert', /changes "pooler.dense", which is not known for bert/],
  ] as const) {
    const model = cases.find((other) => other.name === name);
    if (!model) throw new Error(`no case is named ${name}`);
    const place = join(folder, name);
    const files = await writeAdaptedModel(model, place, 'PEFT');
    const base = join(place, 'base.gguf');
    await convertHere(files.base, { path: base, type: 'F32' });
    await expect(planAdapter(files.adapter, { type: 'auto', basePath: base })).rejects.toThrow(message);
  }
});
