import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { tokenizerLimits } from '../limits.ts';
import type { TokenizerJson } from '../tokenizer-json.ts';
import { splitPatterns } from './split-patterns.ts';

/** Steps that split a text before byte pairs are merged, each as one word or `split:` with its pattern. */
type Steps = readonly string[];

const { contractions, digits, words, byThree, han } = splitPatterns;

/** Names in the engine by steps; the second name is for tokenizers that keep words that are tokens (`ignore_merges`). */
const namesBySteps: readonly (readonly [steps: Steps, name: string, whole: string])[] = [
  [['gpt-2'], 'gpt-2', 'gpt-2'],
  [['digits', 'gpt-2'], 'smollm', 'smollm'],
  [[`split:${words.llama3}`], 'smaug-bpe', 'llama-bpe'],
  [[`split:${words.qwen2}`], 'qwen2', 'qwen2'],
  [[`split:${words.qwen35}`], 'qwen35', 'qwen35'],
  [[`split:${words.gpt4o}`], 'gpt-4o', 'gpt-4o'],
  [[`split:${words.tekken}`], 'tekken', 'tekken'],
  [[`split:${words.seedCoder}`], 'seed-coder', 'seed-coder'],
  [[`split:${words.bailing}`], 'bailingmoe', 'bailingmoe'],
  [[`split:${byThree}`, `split:${han}`, `split:${words.deepseek3}`], 'deepseek-v3', 'deepseek-v3'],
  [[`split:${byThree}`, `split:${words.llama3}`], 'smaug-bpe', 'llama-bpe'],
  [[`split:${digits}`, `split:${contractions}`], 'smollm', 'smollm'],
  [[`split:${contractions}`], 'gpt-2', 'gpt-2'],
];

const names = new Map(namesBySteps.map(([steps, ...pair]) => [JSON.stringify(steps), pair] as const));

/**
 * The engine's name for the way in which a tokenizer splits texts, by its structure alone. The vocabulary plays no part, so
 * that models with additional tokens are found; the comparison with the original proves the name.
 * @returns undefined when the structure is not known
 */
export function namePreTokenizer({ steps, ignoresMerges }: TokenizerJson): string | undefined {
  const found = splitSteps(steps.preTokenizer, 0);
  const pair = found && names.get(JSON.stringify(found));
  return pair?.[ignoresMerges ? 1 : 0];
}

function splitSteps(step: unknown, depth: number): Steps | undefined {
  if (!isJsonObject(step) || depth > tokenizerLimits.nesting) return undefined;
  switch (step.type) {
    case 'Sequence': {
      const inner = Array.isArray(step.pretokenizers) ? step.pretokenizers : [];
      const all = inner.slice(0, tokenizerLimits.nesting).map((one: unknown) => splitSteps(one, depth + 1));
      return all.every((one) => one !== undefined) ? all.flat() : undefined;
    }
    case 'ByteLevel':
      if (step.add_prefix_space === true) return undefined;
      return step.use_regex === false ? [] : ['gpt-2'];
    case 'Digits':
      return step.individual_digits === true ? ['digits'] : undefined;
    case 'Split':
      return splitStep(step);
    default:
      return undefined;
  }
}

function splitStep({ pattern, behavior, invert }: JsonObject): Steps | undefined {
  const regex = isJsonObject(pattern) ? pattern.Regex : undefined;
  if (typeof regex !== 'string') return undefined;
  // Keeping the matches, or removing what lies between them, is the same where a pattern matches every character.
  const isWhole = behavior === 'Removed' && invert === true;
  return (behavior === 'Isolated' && invert !== true) || isWhole ? [`split:${escaped(regex)}`] : undefined;
}

/** Some files have the characters of line ends in their patterns, and others their escapes. */
function escaped(pattern: string): string {
  return pattern.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
