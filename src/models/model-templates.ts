import { OllamaError } from '../base/errors.ts';
import { LruCache } from '../base/lru-cache.ts';
import { KIB } from '../base/units.ts';
import type { FormatSource } from '../chat/format/format-source.ts';
import {
  type ChosenSource,
  choosePromptSource,
  type TemplateChoice,
  type TemplateFacts,
} from '../chat/format/prompt-source.ts';
import { isJinja } from '../chat/format/template-kind.ts';
import type { ChatWork } from '../chat/work/chat-work.ts';
import type { Model } from './model.ts';

/** Characters that are parsed in a few milliseconds, so that a list of many models does not wait for workers. */
const MAX_SHORT_TEMPLATE = 32 * KIB;

/** Each keeps a text of at most a few hundred KiB. */
const MAX_OUTCOMES = 16;

/** Looks at the templates of models, in a worker if that may take long. */
export class ModelTemplates {
  /** Why the templates of the latest models cannot be used: many models share one template. */
  readonly #outcomes = new LruCache<string, { readonly failure: string | undefined }>(MAX_OUTCOMES);
  readonly #choice: TemplateChoice;
  readonly #work: ChatWork;

  /** @param parts `choice` = which template to use for models that have two */
  constructor(parts: { readonly choice: TemplateChoice; readonly work: ChatWork }) {
    this.#choice = parts.choice;
    this.#work = parts.work;
  }

  /** Where the prompts of a model come from. A broken template is reported when it is used. */
  async choose(facts: TemplateFacts): Promise<ChosenSource> {
    const { template = '', chatTemplate = '', toolTemplate = '' } = facts;
    const choice = this.#choice;
    const length = template.length + chatTemplate.length + toolTemplate.length;
    if (length <= MAX_SHORT_TEMPLATE) return choosePromptSource(facts, choice);
    return this.#work('chooseSource', { facts, choice }, { owner: 'models' });
  }

  /**
   * Checks a TEMPLATE in Go's language. `failureOf` looks at one in Jinja, which cannot fail a create.
   * @throws OllamaError `invalid-request` when it is not valid
   */
  async check(text: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (text && !isJinja(text)) await this.#work('checkTemplate', text, { owner: 'create', signal });
  }

  /** Why a template of a model cannot be used, in the words of its parser; undefined if it can. */
  async failureOf(model: Model, signal: AbortSignal | undefined): Promise<string | undefined> {
    const { promptSource: source, name, facts } = model;
    if (source.kind === 'plain' || source.kind === 'renderer') return undefined;
    const own = { name: name.short, parameterCount: facts.parameterCount };
    const texts = [source.text, ...(source.kind === 'jinja' && source.toolText ? [source.toolText] : [])];
    for (const text of texts) {
      const format = { from: 'model', source: { ...source, text }, model: own } as const;
      const known = this.#outcomes.get(text);
      const failure = known ? known.failure : await this.#describedFailure(format, signal);
      this.#outcomes.set(text, { failure });
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async #describedFailure(
    format: FormatSource,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    try {
      return (await this.#work('describe', format, { owner: 'create', signal })).failure;
    } catch (error) {
      // It exceeds the limits of a worker.
      if (error instanceof OllamaError && error.code === 'internal') return error.message;
      throw error;
    }
  }
}
