import { messageOf, OllamaError } from '../../base/errors.ts';
import { LruCache } from '../../base/lru-cache.ts';
import { type WorkLimits, WorkMeter } from '../../base/work-meter.ts';
import { parserNamed, rendererNamed } from '../families/families.ts';
import { sizedRenderer } from '../families/gemma/renderer-size.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import { ChatTemplates } from '../jinja/jinja-templates.ts';
import { standardShape } from '../shape/message-shape.ts';
import { blamedFormat } from './blamed-format.ts';
import type { ChatFormat } from './chat-format.ts';
import { FallbackFormat } from './fallback-format.ts';
import { goFacts, jinjaFacts, rendererFacts } from './format-facts.ts';
import type { FormatFacts, FormatSource, SizedModel } from './format-source.ts';
import { GoFormat } from './go-format.ts';
import { JinjaFormat } from './jinja-format.ts';
import { PlainFormat } from './plain-format.ts';
import type { PromptSource } from './prompt-source.ts';
import { RendererFormat } from './renderer-format.ts';
import { isJinja } from './template-kind.ts';

/** Few models are in use at a time; a parsed template takes a few hundred KiB. */
const MAX_TEMPLATES = 16;

interface ChatFormatOptions {
  readonly now?: () => Date;
  readonly limits?: WorkLimits;
}

/** Creates the chat format for a prompt source. Each template is parsed, and probed, only once. */
export class ChatFormats {
  readonly #jinja: ChatTemplates;
  readonly #go = new LruCache<string, GoChatTemplate>(MAX_TEMPLATES);
  /** What is known about each template, by its text. */
  readonly #facts = new LruCache<string, FormatFacts>(MAX_TEMPLATES);
  readonly #now: () => Date;
  readonly #limits: WorkLimits | undefined;

  /** @param options `limits` of each rendering, below the usual ones */
  constructor({ now = () => new Date(), limits }: ChatFormatOptions = {}) {
    this.#now = now;
    this.#limits = limits;
    this.#jinja = new ChatTemplates(limits);
  }

  /**
   * @param facts what `describe` returned; absent = describe the format first
   * @throws OllamaError `internal` for an unknown renderer, `invalid-request` when the template of a request is broken
   */
  from(format: FormatSource, facts = this.describe(format)): ChatFormat {
    if (format.from === 'model') return this.#of(format.source, format.model, facts);
    return this.#ofRequest(format, facts);
  }

  /** @throws OllamaError as `from` */
  describe(format: FormatSource): FormatFacts {
    if (format.from === 'request') {
      this.check(format.text);
      return this.#known(format.text, () => this.#requestFacts(format.text));
    }
    const { source, model } = format;
    if (source.kind === 'plain') return { shape: standardShape };
    if (source.kind === 'renderer') {
      const name = sizedRenderer(source.renderer, model);
      return this.#known(`RENDERER ${name}`, () => rendererFacts(this.#renderer(name), this.#now));
    }
    const { text, kind } = source;
    return this.#known(text, () => {
      try {
        return kind === 'go' ? goFacts(this.#goTemplate(text)) : jinjaFacts(text, this.#jinja);
      } catch (error) {
        return { shape: standardShape, failure: messageOf(error) };
      }
    });
  }

  /** @returns undefined unless the format is a Go template that can be used */
  goTemplate(format: FormatSource): GoChatTemplate | undefined {
    const text = format.from === 'request' ? format.text : 'text' in format.source ? format.source.text : '';
    return this.describe(format).go && this.#goTemplate(text);
  }

  #known(key: string, find: () => FormatFacts): FormatFacts {
    const facts = this.#facts.get(key) ?? find();
    this.#facts.set(key, facts);
    return facts;
  }

  #requestFacts(text: string): FormatFacts {
    try {
      return isJinja(text) ? jinjaFacts(text, this.#jinja) : goFacts(this.#goTemplate(text));
    } catch (error) {
      throw new OllamaError('invalid-request', messageOf(error), { cause: error });
    }
  }

  #of(source: PromptSource, model: SizedModel, { shape, failure }: FormatFacts): ChatFormat {
    if (source.kind === 'plain') return new PlainFormat();
    const parser = parserNamed(source.parser ?? '');
    if (source.kind === 'renderer') {
      const renderer = this.#renderer(sizedRenderer(source.renderer, model));
      return new RendererFormat({ renderer, parser, shape: shape.turns, now: this.#now });
    }
    const { text } = source;
    if (failure !== undefined) return new FallbackFormat({ text, parser });
    if (source.kind === 'jinja') {
      const simplifies = this.#limits === undefined;
      return new JinjaFormat({ text, templates: this.#jinja, parser, shape, simplifies });
    }
    const template = this.#goTemplate(text);
    return blamedFormat('internal', new GoFormat({ text, template, parser, shape: shape.turns }));
  }

  #ofRequest(
    { text, parser: name }: Extract<FormatSource, { from: 'request' }>,
    { shape }: FormatFacts,
  ): ChatFormat {
    this.check(text);
    const parser = parserNamed(name ?? '');
    const format = isJinja(text)
      ? new JinjaFormat({ text, templates: this.#jinja, parser, shape, simplifies: true })
      : new GoFormat({ text, template: this.#goTemplate(text), parser, shape: shape.turns });
    return blamedFormat('invalid-request', format);
  }

  #renderer(name: string) {
    const renderer = rendererNamed(name);
    if (!renderer) throw new OllamaError('internal', `unknown renderer "${name}"`);
    return renderer;
  }

  #goTemplate(text: string): GoChatTemplate {
    const limits = this.#limits;
    const template =
      this.#go.get(text) ??
      new GoChatTemplate(text, {
        now: this.#now,
        createMeter: limits && (() => new WorkMeter(limits)),
      });
    this.#go.set(text, template);
    return template;
  }

  /** @throws OllamaError `invalid-request` when the text is neither a valid Go template nor valid Jinja */
  check(text: string): void {
    if (!isJinja(text)) this.#goTemplate(text);
    else this.#jinja.check(text);
  }
}
