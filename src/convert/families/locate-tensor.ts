import { OllamaError } from '../../base/errors.ts';
import type { Family, TensorRule, TensorTarget } from './family.ts';

/** Where a tensor of the source goes. */
export interface TensorPlace {
  /** The key of the family's table. */
  readonly key: string;
  readonly layer: number | undefined;
  /** Set for a part of an expert, which becomes a slice of a stack. */
  readonly expert: number | undefined;
  /** One target, or several where the tensor is split. `to` is the whole name in the GGUF file. */
  readonly targets: readonly TensorTarget[];
}

const SUFFIXES = ['.weight', '.bias'] as const;

/** A number as names have it: no sign, no leading zeros, and few digits. */
const NUMBER = /^(?:0|[1-9]\d{0,5})$/;

/**
 * Looks a tensor up in a family's table.
 * @param name after the family's `rename`
 * @returns undefined when the table does not have it
 */
export function findTensor(family: Family, name: string): TensorPlace | undefined {
  const { pattern, numbers } = patternOf(name);
  const [layer, expert] = numbers;
  const rule = Object.hasOwn(family.tensors, pattern) ? family.tensors[pattern] : undefined;
  if (rule !== undefined)
    return { key: pattern, layer, expert: undefined, targets: targetsOf(rule, layer, '') };
  for (const suffix of SUFFIXES) {
    if (!pattern.endsWith(suffix)) continue;
    const key = pattern.slice(0, -suffix.length);
    const place = findWithout(family, key, suffix);
    if (place)
      return {
        key,
        layer,
        expert: place.isExpert ? expert : undefined,
        targets: targetsOf(place.rule, layer, suffix),
      };
  }
  return undefined;
}

/** @throws OllamaError `invalid-request` when the table does not have the tensor */
export function locateTensor(family: Family, name: string): TensorPlace {
  return findTensor(family, name) ?? unknownTensor(family, name);
}

export function unknownTensor(family: Family, name: string): never {
  throw new OllamaError(
    'invalid-request',
    `tensor "${name}" is not known for ${family.architecture}: the engine would not use it`,
  );
}

export function targetList(rule: TensorRule): readonly TensorTarget[] {
  if (typeof rule === 'string') return [{ to: rule }];
  return 'to' in rule ? [rule] : rule;
}

/** The name of a tensor in one layer. */
export function inLayer(pattern: string, layer: number | undefined): string {
  return layer === undefined ? pattern : pattern.replace(/(^|\.)N(?=\.|$)/, `$1${layer}`);
}

function findWithout(
  family: Family,
  key: string,
  suffix: string,
): { readonly rule: TensorRule; readonly isExpert: boolean } | undefined {
  const { experts, tensors, biases = [] } = family;
  if (experts && suffix === '.weight' && key.startsWith(`${experts.from}.`)) {
    const part = key.slice(experts.from.length + 1);
    const rule = Object.hasOwn(experts.to, part) ? experts.to[part] : undefined;
    if (rule !== undefined) return { rule, isExpert: true };
  }
  const rule = Object.hasOwn(tensors, key) ? tensors[key] : undefined;
  if (rule === undefined) return undefined;
  if (suffix === '.bias' && !biases.some(({ of }) => of.includes(key))) return undefined;
  return { rule, isExpert: false };
}

function targetsOf(rule: TensorRule, layer: number | undefined, suffix: string): readonly TensorTarget[] {
  return targetList(rule).map((target) => ({ ...target, to: inLayer(target.to, layer) + suffix }));
}

/** The first number of a name is that of a layer, the second that of an expert. */
function patternOf(name: string): { readonly pattern: string; readonly numbers: readonly number[] } {
  const numbers: number[] = [];
  const letters = ['N', 'E'];
  const parts = name.split('.').map((part) => {
    const letter = letters[numbers.length];
    if (letter === undefined || !NUMBER.test(part)) return letters.includes(part) ? `"${part}"` : part;
    numbers.push(Number(part));
    return letter;
  });
  return { pattern: parts.join('.'), numbers };
}
