import { OllamaError } from '../base/errors.ts';
import type { AssembledModel } from '../registry/hugging-face/sharded-model.ts';
import type { PullProgress } from '../registry/pull/pull-layers.ts';
import { type CreateOptions, createModel } from './create.ts';

/**
 * Creates a model from GGUF files that a pull has downloaded, as a create request for them would.
 * @throws OllamaError as `createModel`
 */
export function assembleModel(
  { name, files, mergedFrom }: AssembledModel,
  options: Pick<CreateOptions, 'store' | 'catalog' | 'config'> & { readonly signal: AbortSignal },
): AsyncIterable<PullProgress> {
  const pull = () => {
    throw new OllamaError('internal', 'a model made from files has no base model to pull');
  };
  return createModel(
    { model: name.full, files: { ...files } },
    { ...options, mergedFrom, pull, keepsProjectors: true },
  );
}
