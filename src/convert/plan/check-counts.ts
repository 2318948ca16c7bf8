import { OllamaError } from '../../base/errors.ts';
import { type Metadata, metadataNumber } from '../../gguf/metadata.ts';
import type { TensorJob } from './tensor-job.ts';

/** llama.cpp's `LLAMA_MAX_EXPERTS`. */
const MAX_EXPERTS = 1024;

/**
 * Checks counts for which the engine ends its process instead of refusing the file (`llama_model_base::load_hparams`).
 * @throws OllamaError `invalid-request`
 */
export function checkCounts(metadata: Metadata, architecture: string, tensors: readonly TensorJob[]): void {
  const number = (key: string) => metadataNumber(metadata, `${architecture}.${key}`);
  const reason = strayExperts(number, tensors) ?? wrongExperts(number) ?? wrongHeads(number);
  if (reason !== undefined) {
    throw new OllamaError('invalid-request', `config.json has ${reason}, which the engine cannot compute`);
  }
}

type NumberOf = (key: string) => number | undefined;

/** Settings of experts in a model without them. */
function strayExperts(number: NumberOf, tensors: readonly TensorJob[]): string | undefined {
  const experts = number('expert_count') ?? 0;
  return experts === 0 || tensors.some(({ name }) => name.includes('_exps.'))
    ? undefined
    : `${experts} experts without weights of theirs`;
}

function wrongExperts(number: NumberOf): string | undefined {
  const experts = number('expert_count') ?? 0;
  const used = number('expert_used_count') ?? 0;
  const groups = number('expert_group_count') ?? 0;
  const groupsUsed = number('expert_group_used_count') ?? 0;
  if (experts > MAX_EXPERTS) return `${experts} experts, more than ${MAX_EXPERTS}`;
  if (used > experts || (experts > 0 && used === 0)) return `${used} experts for each token, of ${experts}`;
  if (groups > 0 && groups >= experts) return `${groups} groups of ${experts} experts`;
  if (groups <= 1) return undefined;
  if (experts % groups !== 0) return `${experts} experts in ${groups} groups`;
  return groupsUsed > 0 && groupsUsed < groups
    ? undefined
    : `${groupsUsed} groups of experts for each token, of ${groups}`;
}

/** Queries are spread evenly over keys, and the rope turns the values of a head in pairs. */
function wrongHeads(number: NumberOf): string | undefined {
  const heads = number('attention.head_count');
  const keys = number('attention.head_count_kv');
  const whole = number('attention.key_length') ?? sharedSize(number);
  const size = number('rope.dimension_count') ?? whole;
  if (heads !== undefined && keys !== undefined && (keys === 0 || heads % keys !== 0)) {
    return `${heads} heads of queries for ${keys} of keys`;
  }
  if (size === undefined || number('rope.freq_base') === undefined) return undefined;
  if (whole !== undefined && size > whole) return `a rope for ${size} of the ${whole} values of a head`;
  return size % 2 === 0 ? undefined : `a rope for ${size} values of a head`;
}

/** Values of a head where the heads share the vectors. */
function sharedSize(number: NumberOf): number | undefined {
  const width = number('embedding_length');
  const heads = number('attention.head_count');
  return width === undefined || !heads ? undefined : Math.floor(width / heads);
}
