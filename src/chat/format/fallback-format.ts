import type { Message } from '../../api/common.ts';
import { parserNamed } from '../families/families.ts';
import type { ParserFamily, Renderer } from '../families/family.ts';
import { qwen3VlRenderer } from '../families/qwen/qwen3-vl-renderer.ts';
import type { ParserInput } from '../output/output-parser.ts';
import { standardTurns } from '../shape/message-shape.ts';
import { shapedMessages } from '../shape/shaped-messages.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { familyReading } from './family-reading.ts';
import { jinjaReading } from './jinja-reading.ts';

/** The parser of calls as the fallback's prompts ask for them. */
const CALLS = 'qwen3';
/** A model that was not trained with these tokens writes them as text. */
const stops: readonly string[] = ['<|im_end|>', '<|im_start|>'];

/**
 * Takes the place of a template that cannot be used: turns as in ChatML, which most models have seen, with tools and calls as
 * JSON in tags. Completions without calls are still read by the markers in the template.
 */
export class FallbackFormat implements ChatFormat {
  readonly #text: string;
  readonly #parser: ParserFamily | undefined;
  readonly #renderer: Renderer = qwen3VlRenderer(false);

  constructor(parts: { text: string; parser: ParserFamily | undefined }) {
    this.#text = parts.text;
    this.#parser = parts.parser;
  }

  render({ messages, tools }: PromptInput): string {
    const shaped = shapedMessages(messages, standardTurns);
    return this.#renderer.render({ messages: shaped, tools, think: false, now: new Date() });
  }

  read(input: ParserInput, prompt: string): Reading {
    const calls = input.tools.length > 0 ? parserNamed(CALLS) : undefined;
    if (calls) return familyReading(calls, input);
    return jinjaReading({ text: this.#text, parser: this.#parser }, input, prompt);
  }

  stop(_messages: readonly Message[]): readonly string[] {
    return stops;
  }
}
