import { OllamaError } from '../base/errors.ts';
import type { AssembledModel } from '../registry/hugging-face/sharded-model.ts';
import type { PullProgress } from '../registry/pull/pull-layers.ts';
import { type CreateOptions, createModel } from './create.ts';

/**
 * Makes a model of GGUF files that a pull has brought, as a create request for them would.
 * @throws OllamaError as `createModel`
 */
export function assembleModel(
  { name, files, mergedFrom }: AssembledModel,
  options: Pick<CreateOptions, 'store' | 'catalog' | 'config'> & { readonly signal: AbortSignal },
): AsyncIterable<PullProgress> {
  const pull = () => {
    throw new OllamaError('internal', 'a model of files has no base model to be pulled');
  };
  return createModel({ model: name.full, files: { ...files } }, { ...options, mergedFrom, pull });
}
