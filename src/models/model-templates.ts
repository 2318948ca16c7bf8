import { KIB } from '../base/units.ts';
import {
  type ChosenSource,
  choosePromptSource,
  type TemplateChoice,
  type TemplateFacts,
} from '../chat/format/prompt-source.ts';
import type { ChatWork } from '../chat/work/chat-work.ts';

/** Characters that are parsed in a few milliseconds, so that a list of many models does not wait for workers. */
const MAX_SHORT_TEMPLATE = 32 * KIB;

/** Looks at the templates of models, in a worker if that may take long. */
export class ModelTemplates {
  readonly #choice: TemplateChoice;
  readonly #work: ChatWork;

  /** @param parts `choice` = which template to use for models that have two */
  constructor(parts: { readonly choice: TemplateChoice; readonly work: ChatWork }) {
    this.#choice = parts.choice;
    this.#work = parts.work;
  }

  /** Where the prompts of a model come from. A broken template is reported when it is used. */
  async choose(facts: TemplateFacts): Promise<ChosenSource> {
    const { template = '', chatTemplate = '' } = facts;
    const choice = this.#choice;
    if (template.length + chatTemplate.length <= MAX_SHORT_TEMPLATE) return choosePromptSource(facts, choice);
    return this.#work('chooseSource', { facts, choice }, { owner: 'models' });
  }

  /** @throws OllamaError `invalid-request` when a text is neither a valid Go template nor valid Jinja */
  async check(text: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (text) await this.#work('checkTemplate', text, { owner: 'create', signal });
  }
}
