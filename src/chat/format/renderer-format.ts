import type { ParserFamily, Renderer } from '../families/family.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { TurnShape } from '../shape/message-shape.ts';
import { shapedMessages } from '../shape/shaped-messages.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { familyReading } from './family-reading.ts';
import { textReading } from './text-reading.ts';

interface RendererFormatParts {
  readonly renderer: Renderer;
  readonly parser: ParserFamily | undefined;
  /** Where the renderer writes instructions. */
  readonly shape: TurnShape;
  readonly now: () => Date;
}

/** The format of a model that names a RENDERER. */
export class RendererFormat implements ChatFormat {
  readonly #renderer: Renderer;
  readonly #parser: ParserFamily | undefined;
  readonly #shape: TurnShape;
  readonly #now: () => Date;

  constructor(parts: RendererFormatParts) {
    this.#shape = parts.shape;
    this.#renderer = parts.renderer;
    this.#parser = parts.parser;
    this.#now = parts.now;
  }

  render({ messages, tools, think }: PromptInput): string {
    const shaped = shapedMessages(messages, this.#shape);
    return this.#renderer.render({ messages: shaped, tools, think, now: this.#now() });
  }

  read(input: ParserInput): Reading {
    return this.#parser ? familyReading(this.#parser, input) : textReading();
  }

  stop(): readonly string[] {
    return [];
  }
}
