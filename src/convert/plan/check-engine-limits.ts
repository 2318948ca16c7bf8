import { OllamaError } from '../../base/errors.ts';
import type { GgufValue } from '../../gguf/types.ts';

/** The end of a key, and its value or values; empty where there is no such key. */
type Numbers = (key: string) => readonly number[];

/**
 * Checks what the engine asserts while it loads a model, because a failed assertion ends its process: llama.cpp's
 * `load_hparams`, and its operations for rope and attention.
 * @throws OllamaError `invalid-request`
 */
export function checkEngineLimits(
  architecture: string,
  metadata: readonly (readonly [key: string, value: GgufValue])[],
): void {
  const values = new Map(metadata);
  const numbers: Numbers = (key) => numbersOf(values.get(`${architecture}.${key}`));
  for (const check of [checkHeads, checkRope, checkExperts, checkGroups]) {
    const reason = check(numbers);
    if (reason !== undefined)
      throw new OllamaError('invalid-request', `the engine cannot load the model: ${reason}`);
  }
}

function numbersOf(value: GgufValue | undefined): readonly number[] {
  if (value?.type === 'array') return (value.value.values ?? []).filter((each) => typeof each === 'number');
  return typeof value?.value === 'number' ? [value.value] : [];
}

/** Layers without attention have no heads of keys. */
function checkHeads(numbers: Numbers): string | undefined {
  const [heads = 0] = numbers('attention.head_count');
  if (heads === 0) return 'it has no heads of attention';
  const wrong = numbers('attention.head_count_kv').find((count) => count > 0 && heads % count !== 0);
  return wrong === undefined ? undefined : `${heads} heads of queries cannot share ${wrong} heads of keys`;
}

/** Models without a base frequency have no rope. */
function checkRope(numbers: Numbers): string | undefined {
  if (numbers('rope.freq_base').length === 0) return undefined;
  const [heads = 1] = numbers('attention.head_count');
  const [width = 0] = numbers('embedding_length');
  const [size = Math.floor(width / heads)] = numbers('attention.key_length');
  const [rotated = size] = numbers('rope.dimension_count');
  if (rotated > 0 && rotated % 2 === 0 && rotated <= size) return undefined;
  return `its rope cannot turn ${rotated} of the ${size} values of a head, pair by pair`;
}

function checkExperts(numbers: Numbers): string | undefined {
  const [count = 0] = numbers('expert_count');
  const [used = 0] = numbers('expert_used_count');
  const isRight = count === 0 ? used === 0 : used > 0 && used <= count;
  return isRight ? undefined : `${used} of ${count} experts cannot be chosen for a token`;
}

/** A group is chosen by its best two experts. */
function checkGroups(numbers: Numbers): string | undefined {
  const [count = 0] = numbers('expert_count');
  const [groups = 0] = numbers('expert_group_count');
  const [used = 0] = numbers('expert_group_used_count');
  if (groups === 0 || (groups === 1 && count > 1)) return undefined;
  const isRight = count % groups === 0 && count / groups >= 2 && used > 0 && used < groups;
  return isRight ? undefined : `${used} of ${groups} groups of ${count} experts cannot be chosen for a token`;
}
