import { parserNamed } from '../families/families.ts';
import type { CallSyntax, ParserFamily } from '../families/family.ts';
import { hermesCallSyntax } from '../families/shared/hermes-calls.ts';
import type { ChatTemplates } from '../jinja/jinja-templates.ts';
import type { ParserInput } from '../output/output-parser.ts';
import { linkedMessages } from '../shape/call-links.ts';
import { withTextMarks } from '../shape/image-marks.ts';
import { type MessageShape, simplerTurns } from '../shape/message-shape.ts';
import { isOverLimit } from '../shape/over-limit.ts';
import { shapedMessages } from '../shape/shaped-messages.ts';
import { withToolText } from '../shape/tool-text.ts';
import type { ChatFormat, PromptInput, Reading } from './chat-format.ts';
import { jinjaReading } from './jinja-reading.ts';
import { templateVariables } from './jinja-variables.ts';
import { templateMarks } from './template-marks.ts';

interface JinjaFormatParts {
  readonly text: string;
  readonly templates: ChatTemplates;
  /** If the model names one; otherwise the markers in the template choose it. */
  readonly parser: ParserFamily | undefined;
  /** What the template's probes have shown. */
  readonly shape: MessageShape;
  /** Whether a conversation that the template refuses is rendered again in simpler shapes. */
  readonly simplifies: boolean;
}

/** The format of a model with a Jinja chat template, as on Hugging Face. */
export class JinjaFormat implements ChatFormat {
  readonly #text: string;
  readonly #templates: ChatTemplates;
  readonly #parser: ParserFamily | undefined;
  readonly #shape: MessageShape;
  readonly #simplifies: boolean;
  readonly #callSyntax: CallSyntax;

  constructor(parts: JinjaFormatParts) {
    this.#text = parts.text;
    this.#templates = parts.templates;
    this.#parser = parts.parser;
    this.#shape = parts.shape;
    this.#simplifies = parts.simplifies;
    const family = parts.parser ?? parserNamed(templateMarks(parts.text).parser ?? '');
    this.#callSyntax = family?.callSyntax ?? hermesCallSyntax;
  }

  /** A conversation that the template refuses in its own shape is rendered in ever simpler ones before the refusal counts. */
  render(input: PromptInput): string {
    const last = input.messages.at(-1);
    const isBegun = last?.role === 'assistant' && !last.tool_calls?.length;
    const marked = withTextMarks(input.messages);
    const messages = linkedMessages(isBegun ? marked.slice(0, -1) : marked);
    const prompt = this.#renderShaped({ ...input, messages });
    return isBegun ? prompt + last.content : prompt;
  }

  #renderShaped(input: PromptInput): string {
    try {
      return this.#renderAs(input, this.#shape);
    } catch (refusal) {
      if (!this.#simplifies || isOverLimit(refusal)) throw refusal;
      for (const [simpler, shape] of this.#simplerInputs(input)) {
        const prompt = this.#tryRender(simpler, shape);
        if (prompt !== undefined) return prompt;
      }
      throw refusal;
    }
  }

  *#simplerInputs(input: PromptInput): Generator<[PromptInput, MessageShape]> {
    const { turns, data } = this.#shape;
    for (const simpler of simplerTurns(turns)) yield [input, { turns: simpler, data }];
    // Some templates know other levels than the request names.
    if (typeof input.think === 'string') yield [{ ...input, think: true }, this.#shape];
    if (input.tools.length === 0) return;
    for (const tools of ['complete', 'text'] as const) yield [input, { turns, data: { ...data, tools } }];
  }

  #tryRender(input: PromptInput, shape: MessageShape): string | undefined {
    try {
      return this.#renderAs(input, shape);
    } catch (error) {
      if (isOverLimit(error)) throw error;
      return undefined;
    }
  }

  #renderAs(input: PromptInput, { turns, data }: MessageShape): string {
    const isText = data.tools === 'text' && input.tools.length > 0;
    const told = isText ? withToolText(input.messages, input.tools, this.#callSyntax) : input.messages;
    const messages = shapedMessages(told, turns, this.#callSyntax);
    const tools = isText ? [] : input.tools;
    return this.#templates.get(this.#text).render(templateVariables({ ...input, messages, tools }, data));
  }

  read(input: ParserInput, prompt: string): Reading {
    return jinjaReading({ text: this.#text, parser: this.#parser }, input, prompt);
  }

  stop(): readonly string[] {
    return [];
  }
}
