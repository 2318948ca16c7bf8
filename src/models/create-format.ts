import type { CreateRequest } from '../api/create.ts';
import { OllamaError } from '../base/errors.ts';
import { rendererNamed, rendererNames } from '../chat/families/families.ts';
import { ChatFormats } from '../chat/format/chat-formats.ts';

/**
 * What can be said of a model's chat format before there is a model.
 * @throws OllamaError `invalid-request`: a broken template with line and column, a renderer that does not exist
 */
export function checkFormat({ template, renderer }: CreateRequest): void {
  if (template) new ChatFormats().check(template);
  if (!renderer || rendererNamed(renderer)) return;
  const known = [...rendererNames].sort().join(', ');
  throw new OllamaError('invalid-request', `unknown renderer "${renderer}": use one of ${known}`);
}
