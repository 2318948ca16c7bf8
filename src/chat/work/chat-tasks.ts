import type { Think } from '../../api/think.ts';
import { checkGrammar } from '../../grammar/gbnf/check/check-grammar.ts';
import { CompiledSchemas } from '../../grammar/schema/compiled-schemas.ts';
import { type AnswerConstraint, type AnswerGrammar, answerGrammar } from '../answer/answer-grammar.ts';
import type { PromptInput, Reading } from '../format/chat-format.ts';
import { ChatFormats } from '../format/chat-formats.ts';
import { formatReader } from '../format/format-reader.ts';
import type { FormatFacts, FormatSource } from '../format/format-source.ts';
import {
  type ChosenSource,
  choosePromptSource,
  type TemplateChoice,
  type TemplateFacts,
} from '../format/prompt-source.ts';
import { textReading } from '../format/text-reading.ts';
import type { ParserInput } from '../output/output-parser.ts';

/** "json" or a JSON schema. */
export type AnswerFormat = unknown;

/** The constraints on an answer, with the format as the request sends it; absent = any text. */
export interface AnswerDemand extends Omit<AnswerConstraint, 'format'> {
  readonly format?: AnswerFormat;
}

/** What decides how a completion is read, as data. */
interface ReadingSource {
  readonly format: FormatSource;
  readonly facts: FormatFacts;
  readonly input: ParserInput;
  /** The end of the rendered prompt, without white space: the opening tag of the thinking, if it is there. */
  readonly promptEnd: string;
}

interface RenderInput {
  readonly format: FormatSource;
  readonly facts: FormatFacts;
  readonly prompt: PromptInput;
}

interface InsertInput {
  readonly format: FormatSource;
  readonly prompt: string;
  readonly suffix: string;
  readonly think: Think | undefined;
}

export interface GrammarInput {
  readonly demand: AnswerDemand;
  /** Absent for a completion that is only text. */
  readonly reading?: ReadingSource;
}

/** Everything about chats whose cost is chosen by whoever sent it. Inputs and results are data. */
export class ChatTasks {
  readonly #formats: ChatFormats;
  readonly #schemas: CompiledSchemas;

  constructor(schemas = new CompiledSchemas()) {
    this.#formats = new ChatFormats();
    this.#schemas = schemas;
  }

  /**
   * Finds out by rendering probes what a format can write.
   * @throws OllamaError `internal` for an unknown renderer, `invalid-request` when the template of a request is broken
   */
  describe(format: FormatSource): FormatFacts {
    return this.#formats.describe(format);
  }

  /** @throws OllamaError as `PromptWriter.render` */
  render({ format, facts, prompt }: RenderInput): string {
    return this.#formats.from(format, facts).render(prompt);
  }

  /** @returns the prompt for a gap between two texts; undefined if the template cannot fill one */
  renderInsert({ format, prompt, suffix, think }: InsertInput): string | undefined {
    const template = this.#formats.goTemplate(format);
    return template?.canInsert ? template.renderInsert(prompt, suffix, think) : undefined;
  }

  /** @throws OllamaError `invalid-request` when the text is neither a valid Go template nor valid Jinja */
  checkTemplate(text: string): void {
    this.#formats.check(text);
  }

  chooseSource({ facts, choice }: { facts: TemplateFacts; choice: TemplateChoice }): ChosenSource {
    return choosePromptSource(facts, choice);
  }

  /** @throws OllamaError `invalid-request`, naming the JSON pointer of what cannot be honoured */
  checkFormat(format: AnswerFormat): void {
    this.#schema(format);
  }

  /** @throws OllamaError as the function `answerGrammar` */
  answerGrammar({ demand, reading }: GrammarInput): AnswerGrammar {
    const { format, ...others } = demand;
    const constraint = format === undefined ? others : { ...others, format: this.#schema(format) };
    return answerGrammar(constraint, reading ? readingOf(reading) : textReading());
  }

  /** @throws OllamaError `invalid-request` naming the rule that would keep the engine busy, and what to do */
  checkGrammar(grammar: string): void {
    checkGrammar(grammar);
  }

  #schema(format: AnswerFormat) {
    return format === 'json' ? this.#schemas.anyObject() : this.#schemas.of(format);
  }
}

/** Runs no template. */
export function readingOf({ format, facts, input, promptEnd }: ReadingSource): Reading {
  return formatReader(format, facts).read(input, promptEnd);
}

/** The tasks, each a method of `ChatTasks`. */
export const chatTaskNames = [
  'describe',
  'render',
  'renderInsert',
  'checkTemplate',
  'chooseSource',
  'checkFormat',
  'answerGrammar',
  'checkGrammar',
] as const satisfies readonly (keyof ChatTasks)[];

export type ChatTaskName = (typeof chatTaskNames)[number];

export type ChatTaskInput<Name extends ChatTaskName> = Parameters<ChatTasks[Name]>[0];

export type ChatTaskResult<Name extends ChatTaskName> = ReturnType<ChatTasks[Name]>;
