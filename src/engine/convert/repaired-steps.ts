import { isJsonObject, type JsonObject } from '../../base/json-object.ts';
import { tokenizerLimits } from '../../convert/tokenizer/limits.ts';

/**
 * Pre-tokenizers of tokenizer.json in forms that `@huggingface/tokenizers` 0.2.0 computes as the Rust library does
 * (findings/hf-tokenizers-js-encodes-differently.sh): it takes only ASCII digits for digits, loses what lies between the
 * matches of an inverted split, and keeps all matches apart whatever the behaviour.
 */
export function repairedSteps(step: unknown, depth = 0): unknown {
  if (!isJsonObject(step) || depth > tokenizerLimits.nesting) return step;
  switch (step.type) {
    case 'Sequence': {
      const inner = Array.isArray(step.pretokenizers) ? step.pretokenizers : [];
      return { ...step, pretokenizers: inner.map((one: unknown) => repairedSteps(one, depth + 1)) };
    }
    case 'Digits':
      return split(step.individual_digits === true ? '\\p{N}' : '\\p{N}+');
    case 'Punctuation':
      return step.behavior === 'Contiguous' ? step : split('[!-/:-@\\[-`{-~\\p{P}]');
    case 'Split':
      return repairedSplit(step);
    default:
      return step;
  }
}

function repairedSplit(step: JsonObject): JsonObject {
  const { pattern, behavior, invert } = step;
  if (behavior === 'Isolated') return { ...step, invert: false };
  const source = isJsonObject(pattern) ? (pattern.Regex ?? escaped(pattern.String)) : undefined;
  if (behavior === 'MergedWithPrevious' && invert !== true && typeof source === 'string') {
    return split(`[\\s\\S]*?(?:${source})|[\\s\\S]+`);
  }
  return step;
}

function escaped(text: unknown): string | undefined {
  return typeof text === 'string' ? text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : undefined;
}

function split(regex: string): JsonObject {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
}
