import { JinjaTemplate } from './jinja-template.ts';
import { Watchdog } from './watchdog.ts';

/** A model's file is not trusted: its template may loop for ever. Real ones take milliseconds. */
const LONGEST_RENDER_MS = 2000;

/** Models in use at one time are few; a compiled template takes some hundred KiB. */
const MAX_TEMPLATES = 16;

/** Compiled templates by their text, the least recently used one leaves first. */
export class ChatTemplates {
  readonly #compiled = new Map<string, JinjaTemplate>();
  readonly #watchdog = new Watchdog(LONGEST_RENDER_MS);

  /** @throws OllamaError `internal` when the text is no valid template */
  get(text: string): JinjaTemplate {
    const template = this.#compiled.get(text) ?? new JinjaTemplate(text, { watchdog: this.#watchdog });
    this.#compiled.delete(text);
    this.#compiled.set(text, template);
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size <= MAX_TEMPLATES) break;
      this.#compiled.delete(oldest);
    }
    return template;
  }
}
