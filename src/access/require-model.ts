import { OllamaError } from '../base/errors.ts';
import { FileUrl } from '../names/file-url.ts';
import type { CallerKey } from './caller-key.ts';

/**
 * Refuses a model that a key may not use. It says the same of models that do not exist, so that nobody learns which do.
 * @param key absent = everything is allowed
 * @param asked the name in the request, which may be an alias, or the URL of a model's file
 * @throws OllamaError `forbidden`
 */
export function requireModel(key: CallerKey | undefined, asked: string): void {
  if (!key || asked === '' || key.mayUse(FileUrl.parse(asked)?.name.short ?? asked)) return;
  throw new OllamaError('forbidden', `the API key "${key.name}" may not use the model '${asked}'`);
}

/**
 * Refuses what concerns every model to a key that may use only some.
 * @param what the action, as the beginning of the error message
 * @throws OllamaError `forbidden`
 */
export function requireEveryModel(key: CallerKey | undefined, what: string): void {
  if (!key || key.mayUseAll) return;
  throw new OllamaError('forbidden', `${what} only with an API key that may use every model: name one model`);
}
