import { messageOf, OllamaError } from '../../base/errors.ts';
import { LruCache } from '../../base/lru-cache.ts';
import { TimeLimit } from '../../base/time-limit.ts';
import { type WorkLimits, WorkMeter } from '../../base/work-meter.ts';
import { JinjaTemplate } from './jinja-template.ts';

/** Model files are not trusted: a template may loop endlessly. Real templates take milliseconds. */
const LONGEST_RENDER_MS = 2000;

/** Few models are in use at a time; a compiled template takes a few hundred KiB. */
const MAX_TEMPLATES = 16;

/** Compiled Jinja templates by their text. */
export class ChatTemplates {
  readonly #compiled = new LruCache<string, JinjaTemplate>(MAX_TEMPLATES);
  readonly #timeLimit: TimeLimit;
  readonly #limits: WorkLimits | undefined;

  /** @param limits of each rendering, below the usual ones */
  constructor(limits?: WorkLimits) {
    this.#timeLimit = new TimeLimit(limits?.milliseconds ?? LONGEST_RENDER_MS);
    this.#limits = limits;
  }

  /**
   * Compiles the template of a model.
   * @throws OllamaError `internal` when the template is not valid, because the request is not at fault
   */
  get(text: string): JinjaTemplate {
    try {
      return this.#get(text);
    } catch (error) {
      throw new OllamaError('internal', `chat template failed: ${messageOf(error)}`, { cause: error });
    }
  }

  /**
   * Checks the template of a request.
   * @throws OllamaError `invalid-request` with line and column when the template is not valid
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
    const limits = this.#limits;
    const template = new JinjaTemplate(text, {
      timeLimit: this.#timeLimit,
      ...(limits && { createMeter: () => new WorkMeter(limits) }),
    });
    this.#compiled.set(text, template);
    return template;
  }
}
