import { messageOf, OllamaError } from '../../base/errors.ts';
import { LruCache } from '../../base/lru-cache.ts';
import { type WorkLimits, WorkMeter } from '../../base/work-meter.ts';
import { parserNamed, rendererNamed } from '../families/families.ts';
import { sizedRenderer } from '../families/gemma/renderer-size.ts';
import { GoChatTemplate } from '../go-template/go-chat-template.ts';
import { ChatTemplates } from '../jinja/jinja-templates.ts';
import { blamedFormat } from './blamed-format.ts';
import type { ChatFormat } from './chat-format.ts';
import type { FormatSource, SizedModel } from './format-source.ts';
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

/** Creates the chat format for a prompt source. Each template is parsed only once. */
export class ChatFormats {
  readonly #jinja: ChatTemplates;
  readonly #go = new LruCache<string, GoChatTemplate>(MAX_TEMPLATES);
  readonly #now: () => Date;

  readonly #limits: WorkLimits | undefined;

  /** @param options `limits` of each rendering, below the usual ones */
  constructor({ now = () => new Date(), limits }: ChatFormatOptions = {}) {
    this.#now = now;
    this.#limits = limits;
    this.#jinja = new ChatTemplates(limits);
  }

  /** @throws OllamaError as `of` and `ofRequest` */
  from(format: FormatSource): ChatFormat {
    if (format.from === 'model') return this.of(format.source, format.model);
    return this.ofRequest(format.text, format.parser);
  }

  /** @throws OllamaError `internal` for an unknown renderer or a broken template */
  of(source: PromptSource, model: SizedModel): ChatFormat {
    if (source.kind === 'plain') return new PlainFormat();
    const parser = parserNamed(source.parser ?? '');
    if (source.kind === 'renderer') {
      const renderer = rendererNamed(sizedRenderer(source.renderer, model));
      if (!renderer) throw new OllamaError('internal', `unknown renderer "${source.renderer}"`);
      return new RendererFormat({ renderer, parser, now: this.#now });
    }
    const { text } = source;
    if (source.kind === 'jinja') return new JinjaFormat({ text, templates: this.#jinja, parser });
    return blamedFormat('internal', new GoFormat({ text, template: this.#ownGoTemplate(text), parser }));
  }

  /**
   * @returns undefined unless the format is a Go template
   * @throws OllamaError when it is broken: `internal` for a model's own, `invalid-request` for a request's
   */
  goTemplate(format: FormatSource): GoChatTemplate | undefined {
    if (format.from === 'request') {
      this.check(format.text);
      return isJinja(format.text) ? undefined : this.#goTemplate(format.text);
    }
    const { source } = format;
    return source.kind === 'go' ? this.#ownGoTemplate(source.text) : undefined;
  }

  #ownGoTemplate(text: string): GoChatTemplate {
    try {
      return this.#goTemplate(text);
    } catch (error) {
      throw new OllamaError('internal', `the model's ${messageOf(error)}`, { cause: error });
    }
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

  /**
   * The format of a template that is part of a request.
   * @throws OllamaError `invalid-request` when the template is broken
   */
  ofRequest(text: string, parserName: string | undefined): ChatFormat {
    this.check(text);
    const parser = parserNamed(parserName ?? '');
    const format = isJinja(text)
      ? new JinjaFormat({ text, templates: this.#jinja, parser })
      : new GoFormat({ text, template: this.#goTemplate(text), parser });
    return blamedFormat('invalid-request', format);
  }

  /** @throws OllamaError `invalid-request` when the text is neither a valid Go template nor valid Jinja */
  check(text: string): void {
    if (!isJinja(text)) this.#goTemplate(text);
    else this.#jinja.check(text);
  }
}
