import { OllamaError } from '../../base/errors.ts';
import type { Family } from '../families/family.ts';
import type { Config } from '../hugging-face/config.ts';
import type { Folder } from '../hugging-face/folder.ts';

/**
 * The engine takes the embedding for the output head where there is none. That is wrong for a model with a head of its own
 * that the folder lacks. Models that embed texts have no head.
 * @param names of the tensors as the files have them
 * @throws OllamaError `invalid-request`
 */
export function checkHead(family: Family, config: Config, folder: Folder, names: readonly string[]): void {
  if (!family.optional?.includes('lm_head') || folder.find('modules.json')) return;
  // Classes that do not state it share the embedding.
  if (config.optionalFlag('tie_word_embeddings') ?? true) return;
  const writes = names.some((name) => name.startsWith('model.'));
  if (!writes || names.some((name) => name.endsWith('lm_head.weight'))) return;
  throw new OllamaError(
    'invalid-request',
    'tensor "lm_head.weight" is missing, although "tie_word_embeddings" in config.json is false: set it to true if the output head is the embedding',
  );
}
