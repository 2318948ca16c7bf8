import { messageOf, OllamaError } from '../../base/errors.ts';
import { LruCache } from '../../base/lru-cache.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import { JinjaTemplate } from './jinja-template.ts';

/** A model's file is not trusted: its template may loop for ever. Real ones take milliseconds. */
const LONGEST_RENDER_MS = 2000;

/** Models in use at one time are few; a compiled template takes some hundred KiB. */
const MAX_TEMPLATES = 16;

/** Compiled Jinja templates by their text. */
export class ChatTemplates {
  readonly #compiled = new LruCache<string, JinjaTemplate>(MAX_TEMPLATES);
  readonly #timeLimit = new TimeLimit(LONGEST_RENDER_MS);

  /**
   * A model's own template.
   * @throws OllamaError `internal` when the text is no valid template: the request cannot help it
   */
  get(text: string): JinjaTemplate {
    try {
      return this.#get(text);
    } catch (error) {
      throw new OllamaError('internal', `chat template failed: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * A template of a request.
   * @throws OllamaError `invalid-request` naming line and column when the text is no valid template
   */
  check(text: string): void {
    try {
      this.#get(text);
    } catch (error) {
      throw new OllamaError('invalid-request', `template: ${messageOf(error)}`, { cause: error });
    }
  }

  #get(text: string): JinjaTemplate {
    const known = this.#compiled.get(text);
    if (known) return known;
    const template = new JinjaTemplate(text, { timeLimit: this.#timeLimit });
    this.#compiled.set(text, template);
    return template;
  }
}
