/** Models with a random adapter, and the same models with the adapter merged into their weights. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { seededRandom } from '../random/seeded-random.ts';
import { writeAdapter } from './adapter-files.ts';
import { type ImportCase, writeImportFolder } from './import-case.ts';
import { type TensorBytes, writeSafetensors } from './safetensors-file.ts';
import { type SeededTensor, seededSafetensors } from './seeded-weights.ts';

/** A weight that the adapter changes, and by what. */
interface Change {
  /** Without ".weight". */
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly rank: number;
  readonly scale: number;
  /** Rows of A, and of B. */
  readonly a: Float32Array;
  readonly b: Float32Array;
}

export type AdapterKind = 'PEFT' | 'rsLoRA with patterns' | 'MLX';

export interface AdaptedModel {
  readonly base: readonly SourceFile[];
  readonly adapter: readonly SourceFile[];
  readonly merged: readonly SourceFile[];
}

/** Names of weights that are multiplied with in all layers. */
const LINEAR = /(?:proj|w[123]|mlp\.gate|lm_head|query|key|value|dense|Wqkv|fc1[12]?|fc2)\.weight$/;
const EXPERT = /^(.*)\.experts\.(\d+)\.(\w+)$/;
const STRONGEST = 0.5;

/**
 * Writes the three folders. Weights are 32-bit floats, so that merging rounds no more than the engine does.
 * @param isAdapted which of the linear weights the adapter changes
 */
export async function writeAdaptedModel(
  model: ImportCase,
  folder: string,
  kind: AdapterKind,
  isAdapted: (name: string) => boolean = () => true,
): Promise<AdaptedModel> {
  const tensors = Object.values(model.weights).flat();
  const next = seededRandom(model.name.length);
  const changes = tensors
    .filter(([name]) => LINEAR.test(name) && isAdapted(name))
    .map((tensor) => randomChange(tensor, kind, next));
  const base = await writeModel(model, join(folder, 'base'), (tensor) => floatsOf(tensor));
  const byName = new Map(changes.map((change) => [`${change.name}.weight`, change]));
  const merged = await writeModel(model, join(folder, 'merged'), (tensor) => {
    const change = byName.get(tensor[0]);
    return change ? mergedWeights(floatsOf(tensor), change) : floatsOf(tensor);
  });
  const write = kind === 'MLX' ? writeMlx : writePeft;
  return { base, merged, adapter: write(join(folder, 'adapter'), changes, kind) };
}

async function writeModel(
  model: ImportCase,
  folder: string,
  valuesOf: (tensor: SeededTensor) => Float32Array,
): Promise<SourceFile[]> {
  await rm(folder, { recursive: true, force: true });
  const files = await writeImportFolder(model, folder);
  for (const [name, tensors] of Object.entries(model.weights)) {
    const written = tensors
      .filter(([, type]) => type !== 'I64')
      .map((tensor): TensorBytes => {
        const values = valuesOf(tensor);
        return { name: tensor[0], type: 'F32', shape: tensor[2], bytes: new Uint8Array(values.buffer) };
      });
    writeSafetensors(join(folder, name), written);
  }
  return files;
}

/** Ranks differ where PEFT has patterns for them; the experts of a layer have one rank. */
function randomChange([weight, , shape]: SeededTensor, kind: AdapterKind, next: () => number): Change {
  const name = weight.replace(/\.weight$/, '');
  const [outputs = 0, inputs = 0] = shape;
  const hasPatterns = kind === 'rsLoRA with patterns';
  const rank = hasPatterns && isWide(name) ? 6 : 4;
  const scale = kind === 'MLX' ? 1.5 : hasPatterns ? alphaOf(name) / Math.sqrt(rank) : 6 / rank;
  const values = (count: number) => Float32Array.from({ length: count }, () => (next() - 0.5) * STRONGEST);
  return { name, outputs, inputs, rank, scale, a: values(rank * inputs), b: values(outputs * rank) };
}

/** The modules that `rank_pattern` names. */
function isWide(name: string): boolean {
  return /\.(?:q_proj|down_proj|w2|query)$/.test(name);
}

/** As `alpha_pattern` says. */
function alphaOf(name: string): number {
  return /\.(?:k_proj|up_proj|w3|key)$/.test(name) ? 2 : 4;
}

function mergedWeights(weights: Float32Array, { outputs, inputs, rank, scale, a, b }: Change): Float32Array {
  const result = Float32Array.from(weights);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      let sum = 0;
      for (let at = 0; at < rank; at++) sum += (b[output * rank + at] ?? 0) * (a[at * inputs + input] ?? 0);
      result[output * inputs + input] = (weights[output * inputs + input] ?? 0) + scale * sum;
    }
  }
  return result;
}

function writePeft(folder: string, changes: readonly Change[], kind: AdapterKind): SourceFile[] {
  const tensors = changes.flatMap(({ name, outputs, inputs, rank, a, b }) => [
    tensor(`base_model.model.${name}.lora_A.weight`, [rank, inputs], a),
    tensor(`base_model.model.${name}.lora_B.weight`, [outputs, rank], b),
  ]);
  const plain = {
    peft_type: 'LORA',
    r: 4,
    lora_alpha: 6,
    target_modules: 'all-linear',
    base_model_name_or_path: 'x/y',
  };
  const patterned = {
    ...{ ...plain, lora_alpha: 4, use_rslora: true },
    rank_pattern: Object.fromEntries(['q_proj', 'down_proj', 'w2', 'query'].map((name) => [name, 6])),
    alpha_pattern: Object.fromEntries(['k_proj', 'up_proj', 'w3', 'key'].map((name) => [name, 2])),
  };
  return writeAdapter(folder, kind === 'PEFT' ? plain : patterned, tensors);
}

function writeMlx(folder: string, changes: readonly Change[]): SourceFile[] {
  const config = {
    fine_tune_type: 'lora',
    num_layers: -1,
    lora_parameters: { rank: 4, scale: 1.5, dropout: 0 },
  };
  const alone = changes.filter(({ name }) => !EXPERT.test(name));
  const tensors = alone.flatMap(({ name, outputs, inputs, rank, a, b }) => [
    tensor(`${name}.lora_a`, [inputs, rank], turned(a, rank, inputs)),
    tensor(`${name}.lora_b`, [rank, outputs], turned(b, outputs, rank)),
  ]);
  return writeAdapter(folder, config, [...tensors, ...stackedExperts(changes)], 'adapters.safetensors');
}

/** mlx-lm has the experts of a layer in one tensor, and one set of names for their parts. */
function stackedExperts(changes: readonly Change[]): TensorBytes[] {
  const parts: Readonly<Record<string, string>> = { w1: 'gate_proj', w2: 'down_proj', w3: 'up_proj' };
  const stacks = new Map<string, Change[]>();
  for (const change of changes) {
    const [, block, , part = ''] = EXPERT.exec(change.name) ?? [];
    if (block === undefined) continue;
    const name = `${block}.switch_mlp.${parts[part] ?? part}`;
    stacks.set(name, [...(stacks.get(name) ?? []), change]);
  }
  return [...stacks].flatMap(([name, experts]) => {
    const numbered = experts.toSorted((one, other) => numberOf(one) - numberOf(other));
    const [{ outputs, inputs, rank } = { outputs: 0, inputs: 0, rank: 0 }] = numbered;
    return [
      tensor(`${name}.lora_a`, [numbered.length, rank, inputs], joined(numbered.map(({ a }) => a))),
      tensor(`${name}.lora_b`, [numbered.length, outputs, rank], joined(numbered.map(({ b }) => b))),
    ];
  });
}

function numberOf({ name }: Change): number {
  return Number(EXPERT.exec(name)?.[2]);
}

function tensor(name: string, shape: readonly number[], values: Float32Array): TensorBytes {
  return { name, type: 'F32', shape, bytes: new Uint8Array(values.buffer) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    values,
    (_, index) => values[(index % rows) * columns + Math.floor(index / rows)] ?? 0,
  );
}

/** The values of a tensor, whatever float type it has. */
function floatsOf(seeded: SeededTensor): Float32Array {
  const [, type, shape] = seeded;
  const file = seededSafetensors([seeded]);
  const start = 8 + Number(file.readBigUInt64LE());
  const count = shape.reduce((product, size) => product * size, 1);
  if (type === 'F32')
    return Float32Array.from({ length: count }, (_, at) => file.readFloatLE(start + 4 * at));
  const words = Uint16Array.from({ length: count }, (_, at) => file.readUInt16LE(start + 2 * at));
  if (type === 'BF16') return new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer);
  if (type === 'F16') return Float32Array.from(words, halfValue);
  throw new Error(`no floats of type ${type}`);
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
