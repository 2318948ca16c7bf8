import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Model } from '../models/model.ts';

/** Go templates have no `{%`, and Jinja no field names that start with a dot or capital. */
const jinjaMark = /\{%|\{\{-?\s*(messages|bos_token|prompt|content)\b/;
/** What Ollama stores when a model has no template of its own. */
const passThrough = /^\s*(\{\{\s*\.Prompt\s*\}\})?\s*$/;

function isJinja(template: string): boolean {
  return jinjaMark.test(template);
}

/**
 * The Jinja text that turns messages into a prompt: the request's, the package's, else the one inside the weights.
 * @throws OllamaError `invalid-request` when the request brings a template of another kind
 */
export function chatTemplateOf(
  model: Model,
  override: string | undefined,
  logger: Logger,
): string | undefined {
  if (override) {
    if (isJinja(override)) return override;
    const message = 'template: only Jinja templates are supported by this version, not Go templates';
    throw new OllamaError('invalid-request', message);
  }
  if (model.template !== undefined && isJinja(model.template)) return model.template;
  const { chatTemplate } = model.facts;
  if (chatTemplate === undefined && !passThrough.test(model.template ?? '')) {
    logger.warn('the model has no Jinja template: prompts are in plain format', { model: model.name.short });
  }
  return chatTemplate;
}
