import type { ParserFamily, Renderer } from '../families/family.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { familyReading } from './family-reading.ts';
import { textReading } from './text-reading.ts';

/** The format of a model that names a RENDERER. */
export class RendererFormat implements ChatFormat {
  readonly #renderer: Renderer;
  readonly #parser: ParserFamily | undefined;
  readonly #now: () => Date;

  constructor(parts: { renderer: Renderer; parser: ParserFamily | undefined; now: () => Date }) {
    this.#renderer = parts.renderer;
    this.#parser = parts.parser;
    this.#now = parts.now;
  }

  render({ messages, tools, think }: PromptInput): string {
    return this.#renderer.render({ messages, tools, think, now: this.#now() });
  }

  read(input: ParserInput): Reading {
    return this.#parser ? familyReading(this.#parser, input) : textReading();
  }

  stop(): readonly string[] {
    return [];
  }
}
