import type { Message } from '../api/common.ts';
import { OllamaError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { ChatTemplates } from '../chat/chat-templates.ts';
import type { ChatFormat } from '../chat/format/chat-format.ts';
import { JinjaFormat } from '../chat/format/jinja-format.ts';
import { PlainFormat } from '../chat/format/plain-format.ts';
import type { Model } from '../models/model.ts';

/** Go templates have no `{%`, and Jinja no field names that start with a dot or capital. */
const jinjaMark = /\{%|\{\{-?\s*(messages|bos_token|prompt|content)\b/;
/** What Ollama stores when a model has no template of its own. */
const passThrough = /^\s*(\{\{\s*\.Prompt\s*\}\})?\s*$/;

/** The chat format of each model. */
export class ModelFormats {
  readonly #templates = new ChatTemplates();
  readonly #logger: Logger;

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger;
  }

  /**
   * @param override a template of the request
   * @throws OllamaError `invalid-request` when that is none
   */
  of(model: Model, override?: string): ChatFormat {
    const text = this.#templateText(model, override);
    if (text === undefined) return new PlainFormat();
    return new JinjaFormat({ text, templates: this.#templates, parser: undefined });
  }

  /** What of a conversation the model is shown. */
  history(_model: Model, messages: readonly Message[]): readonly Message[] {
    return messages;
  }

  #templateText(model: Model, override: string | undefined): string | undefined {
    if (override) {
      if (jinjaMark.test(override)) return override;
      const message = 'template: only Jinja templates are supported by this version, not Go templates';
      throw new OllamaError('invalid-request', message);
    }
    if (model.template !== undefined && jinjaMark.test(model.template)) return model.template;
    const { chatTemplate } = model.facts;
    if (chatTemplate === undefined && !passThrough.test(model.template ?? '')) {
      this.#logger.warn('the model has no Jinja template: prompts are in plain format', {
        model: model.name.short,
      });
    }
    return chatTemplate;
  }
}
