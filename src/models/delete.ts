import { requestedModel } from '../api/common.ts';
import type { DeleteRequest } from '../api/delete.ts';
import { OllamaError } from '../base/errors.ts';
import { ModelName } from '../names/model-name.ts';
import type { Store } from '../store/store.ts';

/**
 * Removes a model and the blobs that no other model uses. Broken models can be removed as well.
 * @throws OllamaError `invalid-request`, `not-found`
 */
export async function deleteModel(
  request: DeleteRequest,
  { store }: { readonly store: Store },
): Promise<void> {
  const text = requestedModel(request);
  if (text === '') throw new OllamaError('invalid-request', 'model is required');
  const name = ModelName.tryParse(text);
  if (!name) throw new OllamaError('invalid-request', `name ${JSON.stringify(text)} is invalid`);
  if (await store.removeModel(name)) return;
  throw new OllamaError('not-found', `model '${text}' not found`);
}
