import type { Message } from '../../api/common.ts';
import type { ChatFormat } from '../../chat/format/chat-format.ts';
import { ChatFormats } from '../../chat/format/chat-formats.ts';
import type { GoChatTemplate } from '../../chat/go-template/go-chat-template.ts';
import { withoutOldThinking } from '../../chat/old-thinking.ts';
import type { Model } from '../../models/model.ts';

/** The chat format of each model. */
export class ModelFormats {
  readonly #formats = new ChatFormats();

  /**
   * @param override a template of the request
   * @throws OllamaError `invalid-request` when that is broken, `internal` when the model's own format is
   */
  of({ promptSource, config, name, facts }: Model, override?: string): ChatFormat {
    if (override) return this.#formats.ofRequest(override, config.parser);
    return this.#formats.of(promptSource, { name: name.short, parameterCount: facts.parameterCount });
  }

  /** The Go template with which the model fills gaps, if it has one. */
  insertTemplate({ promptSource }: Model): GoChatTemplate | undefined {
    return this.#formats.insertTemplate(promptSource);
  }

  /** What of a conversation the model is shown. */
  history({ config, name }: Model, messages: readonly Message[]): readonly Message[] {
    return withoutOldThinking(messages, { family: config.model_family, model: name.model });
  }
}
