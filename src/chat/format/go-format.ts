import type { Message } from '../../api/common.ts';
import type { ParserFamily } from '../families/family.ts';
import type { GoChatTemplate } from '../go-template/go-chat-template.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { TurnShape } from '../shape/message-shape.ts';
import { shapedMessages } from '../shape/shaped-messages.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { goReading } from './go-reading.ts';

interface GoFormatParts {
  readonly text: string;
  readonly template: GoChatTemplate;
  readonly parser: ParserFamily | undefined;
  /** Where the template writes instructions. */
  readonly shape: TurnShape;
}

/** The format of a model with a Go template. */
export class GoFormat implements ChatFormat {
  readonly #text: string;
  readonly #template: GoChatTemplate;
  readonly #parser: ParserFamily | undefined;
  readonly #shape: TurnShape;

  constructor(parts: GoFormatParts) {
    this.#text = parts.text;
    this.#template = parts.template;
    this.#parser = parts.parser;
    this.#shape = parts.shape;
  }

  render({ messages, tools, think }: PromptInput): string {
    const { promptTools, promptThink } = this.#parser ?? {};
    return this.#template.render({
      messages: shapedMessages(messages, this.#shape),
      tools: promptTools?.(tools) ?? tools,
      think: think === undefined ? think : (promptThink?.(think) ?? think),
    });
  }

  read(input: ParserInput, prompt: string): Reading {
    return goReading({ text: this.#text, facts: this.#template, parser: this.#parser }, input, prompt);
  }

  stop(_messages: readonly Message[]): readonly string[] {
    return [];
  }
}
