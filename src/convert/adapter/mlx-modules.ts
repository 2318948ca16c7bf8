import type { SafeTensor } from '../safetensors/safe-tensor.ts';
import type { TensorData } from '../tensors/tensor-data.ts';
import type { AdaptedModule } from './adapted-module.ts';
import type { MlxConfig } from './mlx-config.ts';
import { quoted, refusal } from './refuse.ts';
import { sourceData } from './source-data.ts';

interface Factors {
  a?: SafeTensor;
  b?: SafeTensor;
}

/** Names of embeddings in the models of mlx-lm; their factors lie the same way as those of matrices. */
const EMBEDDING = /(^|\.)(embed_tokens|wte)$/;
const FUSE = 'fuse it into the model first (mlx_lm.fuse)';

/**
 * Pairs the factors of an adapter of mlx-lm. It multiplies from the right, so that the factors of a matrix lie the other way
 * round than in PEFT: lora_a [inputs, rank], lora_b [rank, outputs]. Those of stacked experts lie as in PEFT.
 * @throws OllamaError `invalid-request` as `peftModules`
 */
export function mlxModules(tensors: readonly SafeTensor[], { scale }: MlxConfig): AdaptedModule[] {
  const factors = new Map<string, Factors>();
  for (const tensor of tensors) collect(factors, tensor);
  return [...factors].map(([name, pair]) => pairedModule(name, pair, scale));
}

function collect(factors: Map<string, Factors>, tensor: SafeTensor): void {
  const end = /\.lora_([ab])$/.exec(tensor.name);
  if (!end) throw notAFactor(tensor.name);
  const name = tensor.name.slice(0, end.index);
  const pair = factors.get(name) ?? {};
  pair[end[1] === 'a' ? 'a' : 'b'] = tensor;
  factors.set(name, pair);
}

function notAFactor(name: string): Error {
  if (name.endsWith('.m')) return refusal(`DoRA adapters cannot be used: ${FUSE}`);
  return refusal(`the adapter holds the tensor ${quoted(name)}, which is not a factor of LoRA: ${FUSE}`);
}

function pairedModule(name: string, { a, b }: Factors, scale: number): AdaptedModule {
  if (!a || !b) throw refusal(`the factor lora_${a ? 'b' : 'a'} of ${quoted(name)} is missing`);
  const isEmpty = a.byteSize === 0 || b.byteSize === 0;
  const module = isEmpty ? undefined : (matrix(name, a, b, scale) ?? experts(name, a, b, scale));
  if (module) return module;
  const shapes = `lora_a [${a.shape.join(', ')}], lora_b [${b.shape.join(', ')}]`;
  throw refusal(`the factors of ${quoted(name)} do not fit together: ${shapes}`);
}

function matrix(name: string, a: SafeTensor, b: SafeTensor, scale: number): AdaptedModule | undefined {
  const rank = a.shape[1];
  if (a.shape.length !== 2 || b.shape.length !== 2 || rank === undefined || rank !== b.shape[0])
    return undefined;
  const kind = EMBEDDING.test(name) ? 'embedding' : 'matrix';
  return { name, kind, rank, scale, a: turned(sourceData(a)), b: turned(sourceData(b)) };
}

function experts(name: string, a: SafeTensor, b: SafeTensor, scale: number): AdaptedModule | undefined {
  const rank = a.shape[1];
  if (a.shape.length !== 3 || b.shape.length !== 3) return undefined;
  if (rank === undefined || rank !== b.shape[2] || a.shape[0] !== b.shape[0]) return undefined;
  return { name, kind: 'stacked-experts', rank, scale, a: sourceData(a), b: sourceData(b) };
}

function turned(of: TensorData): TensorData {
  return { kind: 'transpose', axes: [1, 0], of };
}
