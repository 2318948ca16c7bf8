import { OllamaError } from '../../base/errors.ts';
import type { Family } from '../families/family.ts';

/** Keys without which the engine loads no model. */
const always: readonly string[] = [
  'context_length',
  'embedding_length',
  'block_count',
  'attention.head_count',
];

/** Keys of which it needs one. */
const norms: readonly string[] = ['attention.layer_norm_rms_epsilon', 'attention.layer_norm_epsilon'];

/**
 * Checks that the settings gave a value to every key that the engine cannot do without.
 * @throws OllamaError `invalid-request` naming the key
 */
export function checkNeededKeys(family: Family, keys: ReadonlySet<string>): void {
  const { architecture, neededKeys = [] } = family;
  const has = (key: string) => keys.has(`${architecture}.${key}`);
  const lacking =
    [...always, ...neededKeys].find((key) => !has(key)) ?? (norms.some(has) ? undefined : norms[0]);
  if (lacking === undefined) return;
  throw new OllamaError(
    'invalid-request',
    `config.json does not say what "${architecture}.${lacking}" is, without which the engine cannot load the model`,
  );
}
