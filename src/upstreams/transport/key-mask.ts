/** Takes the key of an upstream out of what the upstream sends, in case it repeats it. */
import { OllamaError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json-object.ts';

const MASK = '…';
/** At the end of an error text, which may be cut within the key. */
const FEWEST_REPEATED = 4;
/** Keys without a digit are shorter where they are words that stand for none: "EMPTY", "ollama", "not-needed". */
const SECRET_LENGTH = 16;
const SECRET_LENGTH_WITH_DIGIT = 8;

export class KeyMask {
  readonly #key: string;
  /** The key as it is, and within JSON that is text. */
  readonly #forms: readonly string[];
  /** Whether it is masked in answers too. A word that stands for no key is none of their secrets. */
  readonly isSecret: boolean;

  /** @param key "" = the upstream has none */
  constructor(key: string) {
    this.#key = key;
    this.#forms = key === '' ? [] : [...new Set([key, JSON.stringify(key).slice(1, -1)])];
    const least = /\d/.test(key) ? SECRET_LENGTH_WITH_DIGIT : SECRET_LENGTH;
    this.isSecret = key.length >= least;
  }

  text(text: string): string {
    return this.#forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
  }

  /** A text that may end within the key. */
  cutText(text: string): string {
    return this.#withoutBegin(this.text(text), FEWEST_REPEATED);
  }

  /** The end of an answer's text. More than half of the key is as good as all of it. */
  lastText(text: string): string {
    return this.#withoutBegin(text, Math.ceil(this.#key.length / 2));
  }

  /** The same error without the key, and without causes, which may quote what was sent. */
  error(error: unknown): unknown {
    if (this.#key === '' || !(error instanceof OllamaError)) return error;
    const { code, message, status, headers } = error;
    return new OllamaError(code, this.cutText(message), { status, headers });
  }

  /** All texts of a JSON value. Whoever parsed it has bounded its depth. */
  json(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [this.text(name), this.json(item)]),
    );
  }

  /** Number of characters at the end of a text with which the key begins, less than all of it. */
  begunAtEnd(text: string): number {
    const [first] = this.#key;
    if (first === undefined) return 0;
    const from = Math.max(0, text.length - this.#key.length + 1);
    for (let at = text.indexOf(first, from); at >= 0; at = text.indexOf(first, at + 1)) {
      if (this.#key.startsWith(text.slice(at))) return text.length - at;
    }
    return 0;
  }

  #withoutBegin(text: string, fewest: number): string {
    const begun = this.begunAtEnd(text);
    return begun > 0 && begun >= fewest ? text.slice(0, -begun) + MASK : text;
  }
}
