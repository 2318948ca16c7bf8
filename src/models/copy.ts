import type { CopyRequest } from '../api/copy.ts';
import { OllamaError } from '../base/errors.ts';
import { ModelName } from '../names/model-name.ts';
import type { Store } from '../store/store.ts';

/**
 * Gives a model another name; the blobs are shared.
 * @throws OllamaError `invalid-request`, `not-found`
 */
export async function copyModel(request: CopyRequest, { store }: { readonly store: Store }): Promise<void> {
  const source = parse('source', request.source);
  const destination = parse('destination', request.destination);
  const copied = await store.copyModel(source, destination);
  if (!copied) throw new OllamaError('not-found', `model ${JSON.stringify(request.source)} not found`);
}

function parse(field: string, text: string): ModelName {
  const name = ModelName.tryParse(text);
  if (!name) throw new OllamaError('invalid-request', `${field} ${JSON.stringify(text)} is invalid`);
  return name;
}
