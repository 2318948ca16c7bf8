import type { SafeTensor } from '../safetensors/safe-tensor.ts';
import type { AdaptedModule, FactorPair } from './adapted-module.ts';
import type { PeftConfig } from './peft-config.ts';
import { quoted, refusal } from './refuse.ts';
import { sourceData } from './source-data.ts';

/** PEFT puts this before the names of the model that it wraps. */
const WRAPPER = /^base_model\.model\./;

/** Ends of names of factors; an embedding's are not wrapped in modules of their own. */
const factorEnds: readonly (readonly [end: string, factor: keyof FactorPair, kind: PeftKind])[] = [
  ['.lora_A.weight', 'a', 'matrix'],
  ['.lora_B.weight', 'b', 'matrix'],
  ['.lora_embedding_A', 'a', 'embedding'],
  ['.lora_embedding_B', 'b', 'embedding'],
];
type PeftKind = 'matrix' | 'embedding';

interface Factors {
  readonly kind: PeftKind;
  a?: SafeTensor;
  b?: SafeTensor;
}

/** Tensors that are copies of the base model's, which PEFT saves beside a trained embedding. */
const COPY_OF_BASE = '.base_layer.weight';

/**
 * Pairs the factors of an adapter of PEFT, in the order in which their names first appear.
 * @throws OllamaError `invalid-request` for tensors that are not factors, factors without their other half, and shapes
 *   that do not fit together
 */
export function peftModules(
  tensors: readonly SafeTensor[],
  config: PeftConfig,
): { modules: AdaptedModule[]; dropped: string[] } {
  const factors = new Map<string, Factors>();
  const dropped: string[] = [];
  for (const tensor of tensors) {
    if (tensor.name.endsWith(COPY_OF_BASE)) dropped.push(tensor.name);
    else collect(factors, tensor);
  }
  const modules = [...factors].map(([name, pair]) => pairedModule(name, pair, config));
  return { modules, dropped };
}

function collect(factors: Map<string, Factors>, tensor: SafeTensor): void {
  const known = factorEnds.find(([end]) => tensor.name.endsWith(end));
  if (!known) throw notAFactor(tensor.name);
  const [end, factor, kind] = known;
  const name = tensor.name.slice(0, -end.length).replace(WRAPPER, '');
  const pair = factors.get(name) ?? { kind };
  if (pair.kind !== kind || pair[factor])
    throw refusal(`the adapter has two factors ${factor.toUpperCase()} of ${quoted(name)}`);
  pair[factor] = tensor;
  factors.set(name, pair);
}

function notAFactor(name: string): Error {
  if (name.includes('lora_magnitude_vector')) {
    return refusal('DoRA adapters cannot be used: merge it into the model first (merge_and_unload of PEFT)');
  }
  return refusal(
    `the adapter holds the tensor ${quoted(name)}, which is not a factor of LoRA: adapters that train biases, norms or ` +
      'whole modules must be merged into the model first (merge_and_unload of PEFT)',
  );
}

function pairedModule(name: string, { kind, a, b }: Factors, config: PeftConfig): AdaptedModule {
  if (!a || !b) throw refusal(`the factor lora_${a ? 'B' : 'A'} of ${quoted(name)} is missing`);
  const [rank] = a.shape;
  const fits = a.shape.length === 2 && b.shape.length === 2 && rank === b.shape[1];
  if (!fits || rank === undefined || rank === 0 || a.byteSize === 0 || b.byteSize === 0) {
    const shapes = `lora_A [${a.shape.join(', ')}], lora_B [${b.shape.join(', ')}]`;
    throw refusal(`the factors of ${quoted(name)} do not fit together: ${shapes}`);
  }
  return { name, kind, rank, scale: config.scale(name, rank), a: sourceData(a), b: sourceData(b) };
}
