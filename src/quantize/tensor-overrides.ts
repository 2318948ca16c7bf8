/**
 * Selects the tensors that get a different type than llama.cpp would choose. The exceptions per architecture are those
 * that Ollama publishes its models with.
 */
import type { GgufTensor } from '../gguf/types.ts';
import type { TensorTypeOverride } from '../protocol/quantize-job.ts';
import { isBlockType, type TargetType } from './target-type.ts';

/** `ggml_type` numbers. */
const F16 = 1;
const Q8_0 = 8;

const override = (pattern: string, type: number): TensorTypeOverride => ({ pattern, type });

/** Small or frequently used tensors whose loss of precision hurts a model most. */
const glmEmbeddings = [override('^token_embd\\.weight$', F16), override('^output\\.weight$', F16)];
const nextTokenProjection = [override('^blk\\.[0-9]+\\.nextn\\.eh_proj\\.weight$', Q8_0)];
const latentAttention = ['attn_k_b', 'attn_q_a', 'attn_q_b', 'attn_v_b', 'attn_kv_a_mqa'];

const byArchitecture = new Map<string, readonly TensorTypeOverride[]>(
  Object.entries({
    qwen35: nextTokenProjection,
    qwen35moe: nextTokenProjection,
    gemma3n: [override('^per_layer_token_embd\\.weight$', F16)],
    deepseek2: latentAttention.map((name) => override(`${name}\\.weight$`, Q8_0)),
    glmocr: glmEmbeddings,
    glm4: glmEmbeddings,
  }),
);

/** Tensors beside the language model that Ollama keeps in the same file: vision, audio, speech, token prediction. */
const embeddedPattern = /^(?:v|mm|a|s|mtp)\./;
const floatTypes: readonly string[] = ['F32', 'F16', 'BF16', 'F64'];

/**
 * Tensors that are already quantized, and those beside the language model, keep their type; the first match wins.
 * @param converts which tensors of the language model get the new type; absent = those of floating-point numbers
 */
export function tensorOverrides(
  architecture: string,
  target: TargetType,
  tensors: readonly GgufTensor[],
  converts: (tensor: GgufTensor) => boolean = isFloatTensor,
): TensorTypeOverride[] {
  if (!isBlockType(target)) return [];
  const kept = tensors.filter((tensor) => tensor.shape.length > 1 && staysAsItIs(tensor, converts));
  const patterns = new Map(kept.map(({ name, type }) => [patternOf(name), type]));
  const exceptions = target.name.startsWith('Q4_K') ? (byArchitecture.get(architecture) ?? []) : [];
  return [...[...patterns].map(([pattern, type]) => override(pattern, type)), ...exceptions];
}

const isFloatTensor = ({ typeName }: GgufTensor) => !isQuantized(typeName);

/** @param converts which tensors of the language model get the new type */
export function staysAsItIs(tensor: GgufTensor, converts: (tensor: GgufTensor) => boolean): boolean {
  return embeddedPattern.test(tensor.name) || !converts(tensor);
}

export function isQuantized(typeName: string): boolean {
  return !floatTypes.includes(typeName) && !/^I\d+$/.test(typeName);
}

/** Uses one pattern for the same tensor of all blocks, because each pattern costs time for each tensor. */
function patternOf(name: string): string {
  const escaped = name.replace(/[^A-Za-z0-9_]/g, '\\$&');
  return `^${escaped.replace(/blk\\\.\d+\\\./, 'blk\\.[0-9]+\\.')}$`;
}
