import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';

/** One place of a template: a token or the text itself. */
interface TemplatePlace {
  readonly token: string | undefined;
  readonly sequence: string | undefined;
}

/**
 * What the post-processor of tokenizer.json says about the tokens around a text, read as gguf-py reads it. Texts of tokens
 * may be strings or objects in tokenizer_config.json; like there, an object equals no text.
 */
export class SequenceTemplates {
  /** tokenizer_config.json with what the templates add to it. */
  settings: JsonObject | undefined;
  roles: readonly string[];
  readonly adds = new Map<string, boolean>();
  #bos: unknown;
  #cls: unknown;
  #eos: unknown;
  #sep: unknown;

  constructor(settings: JsonObject | undefined, roles: readonly string[]) {
    this.settings = settings && Object.keys(settings).length > 0 ? { ...settings } : undefined;
    this.roles = roles;
  }

  /** @param postProcessor as tokenizer.json has it */
  apply(postProcessor: unknown): void {
    const settings = this.settings ?? {};
    this.#bos = settings.bos_token;
    this.#cls = settings.cls_token;
    this.#eos = settings.eos_token;
    this.#sep = settings.sep_token;
    if (!this.#bos && this.#cls) this.#bos = this.#set('bos', this.#cls);
    if (!this.#eos && this.#sep) this.#eos = this.#set('eos', this.#sep);
    if (!isJsonObject(postProcessor)) return;
    const steps = Array.isArray(postProcessor.processors) ? postProcessor.processors : [postProcessor];
    for (const step of steps) if (isJsonObject(step)) this.#applyStep(step);
  }

  #applyStep(step: JsonObject): void {
    switch (step.type) {
      case 'ByteLevel':
        if (!this.adds.has('bos')) this.adds.set('bos', false);
        if (!this.adds.has('eos')) this.adds.set('eos', false);
        return;
      case 'RobertaProcessing':
        for (const role of ['bos', 'eos', 'sep']) this.adds.set(role, true);
        if (!this.#cls) this.#cls = this.#set('cls', firstOf(step.cls) ?? this.#bos);
        if (!this.#sep) this.#sep = this.#set('sep', firstOf(step.sep) ?? this.#eos);
        return;
      case 'TemplateProcessing':
        this.#applyTemplate(placesOf(step.single), placesOf(step.pair));
    }
  }

  #applyTemplate(single: readonly TemplatePlace[], pair: readonly TemplatePlace[]): void {
    const hasMarks = single.length > 1;
    const first = hasMarks ? single[0]?.token : undefined;
    const last = hasMarks ? single.at(-1)?.token : undefined;
    if (first) this.#putFirst(first);
    if (last) this.#putLast(last);
    this.#findSeparator(pair, first, last);
  }

  #putFirst(first: string): void {
    if (!this.settings) this.#bos = first;
    else if (first !== this.#bos && first !== this.#cls) {
      if (!this.#bos) this.#bos = this.#set('bos', first);
      if (!this.#cls) this.#cls = this.#set('cls', first);
    }
    this.adds.set('bos', first === this.#bos || first === this.#cls);
  }

  /** The end that tokenizer_config.json names becomes the end of a turn if a template ends with another token. */
  #putLast(last: string): void {
    if (!this.settings) this.#eos = last;
    else if (last !== this.#eos) {
      const role = ['eot', 'eom'].find((role) => !this.roles.includes(role));
      if (role) {
        this.roles = [...this.roles, role];
        this.#set(role, this.#eos);
      }
      this.#eos = this.#set('eos', last);
    }
    this.adds.set('eos', last === this.#eos);
  }

  /** Between two texts there may be a separator, an end, or both. */
  #findSeparator(pair: readonly TemplatePlace[], first: string | undefined, last: string | undefined): void {
    const start = first && pair[0]?.token === first ? 1 : 0;
    const stop = last && pair.at(-1)?.token === last ? -1 : undefined;
    const rest = pair.slice(start, stop);
    if (rest[0]?.sequence !== 'A' || rest.at(-1)?.sequence !== 'B') return;
    const between = rest.slice(1, -1);
    if (between.length === 0) return;
    const separates = (place: TemplatePlace | undefined) =>
      Boolean(place?.token) && (place?.token === this.#sep || place?.token === this.#eos);
    const addsSeparator = (separates(between[0]) && !last) || (between.length === 2 && separates(between[1]));
    this.adds.set('sep', addsSeparator);
    if (addsSeparator && !this.#sep) this.#set('sep', this.#eos);
  }

  /** Without tokenizer_config.json there is nowhere to look a role up, and it stays unknown. */
  #set(role: string, value: unknown): unknown {
    if (!this.settings) return undefined;
    this.settings[`${role}_token`] = value;
    return value;
  }
}

function placesOf(template: unknown): TemplatePlace[] {
  const places = Array.isArray(template) ? template : [];
  return places.map((place: unknown) => ({
    token: idOf(place, 'SpecialToken'),
    sequence: idOf(place, 'Sequence'),
  }));
}

function idOf(place: unknown, kind: string): string | undefined {
  const inner = isJsonObject(place) ? place[kind] : undefined;
  return isJsonObject(inner) && typeof inner.id === 'string' ? inner.id : undefined;
}

function firstOf(pair: unknown): unknown {
  return Array.isArray(pair) ? pair[0] : undefined;
}
