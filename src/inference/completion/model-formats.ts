import type { Message } from '../../api/common.ts';
import type { ChatFormat } from '../../chat/format/chat-format.ts';
import { ChatFormats } from '../../chat/format/chat-formats.ts';
import type { GoChatTemplate } from '../../chat/go-template/go-chat-template.ts';
import { withoutOldThinking } from '../../chat/old-thinking.ts';
import type { Model } from '../../models/model.ts';

/** Finds the chat format of each model. */
export class ModelFormats {
  readonly #formats = new ChatFormats();

  /**
   * @param override a template from the request, used instead of the model's format
   * @throws OllamaError `invalid-request` when the override is broken, `internal` when the model's own format is broken
   */
  of({ promptSource, config, name, facts }: Model, override?: string): ChatFormat {
    if (override) return this.#formats.ofRequest(override, config.parser);
    return this.#formats.of(promptSource, { name: name.short, parameterCount: facts.parameterCount });
  }

  /** The Go template that the model uses for filling in the middle; undefined if it has none. */
  insertTemplate({ promptSource }: Model): GoChatTemplate | undefined {
    return this.#formats.insertTemplate(promptSource);
  }

  /** The messages of a conversation that the model sees, without earlier thinking if its family requires that. */
  history({ config, name }: Model, messages: readonly Message[]): readonly Message[] {
    return withoutOldThinking(messages, { family: config.model_family, model: name.model });
  }
}
