import type { Think } from '../../api/think.ts';
import { LruCache } from '../../base/lru-cache.ts';
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

interface SchemaOptions {
  readonly fixedSpaces?: boolean;
  readonly salt: string | undefined;
}

/** Each keeps up to sixteen templates, and few requests bring any. */
const MAX_SALTS = 4;

/**
 * Everything about chats whose cost is chosen by whoever sent it. Inputs and results are data. What is kept of a text is used
 * for the same salt only.
 */
export class ChatTasks {
  readonly #formats: ChatFormats;
  /** The templates that requests bring, by salt. */
  readonly #salted = new LruCache<string, ChatFormats>(MAX_SALTS);
  readonly #schemas: CompiledSchemas;

  constructor(schemas = new CompiledSchemas()) {
    this.#formats = new ChatFormats();
    this.#schemas = schemas;
  }

  /**
   * Finds out by rendering probes what a format can write.
   * @throws OllamaError `internal` for an unknown renderer, `invalid-request` when the template of a request is broken
   */
  describe(format: FormatSource, salt?: string): FormatFacts {
    return this.#formatsFor(format, salt).describe(format);
  }

  /** @throws OllamaError as `PromptWriter.render` */
  render({ format, facts, prompt }: RenderInput, salt?: string): string {
    return this.#formatsFor(format, salt).from(format, facts).render(prompt);
  }

  /** @returns the prompt for a gap between two texts; undefined if the template cannot fill one */
  renderInsert({ format, prompt, suffix, think }: InsertInput, salt?: string): string | undefined {
    const template = this.#formatsFor(format, salt).goTemplate(format);
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
  checkFormat(format: AnswerFormat, salt?: string): void {
    this.#schema(format, { salt });
  }

  /** @throws OllamaError as the function `answerGrammar` */
  answerGrammar({ demand, reading }: GrammarInput, salt?: string): AnswerGrammar {
    const { format, ...others } = demand;
    const { fixedSpaces = false } = demand;
    const constraint =
      format === undefined ? others : { ...others, format: this.#schema(format, { fixedSpaces, salt }) };
    return answerGrammar(constraint, reading ? readingOf(reading) : textReading());
  }

  /** @throws OllamaError `invalid-request` naming the rule that would keep the engine busy, and what to do */
  checkGrammar(grammar: string): void {
    checkGrammar(grammar);
  }

  /** The templates of models are nobody's secret, unlike those that requests bring. */
  #formatsFor({ from }: FormatSource, salt: string | undefined): ChatFormats {
    if (from === 'model' || salt === undefined) return this.#formats;
    const own = this.#salted.get(salt) ?? new ChatFormats();
    this.#salted.set(salt, own);
    return own;
  }

  #schema(format: AnswerFormat, { fixedSpaces = false, salt }: SchemaOptions) {
    const spaces = fixedSpaces ? 'fixed' : 'free';
    return format === 'json' ? this.#schemas.anyObject(spaces) : this.#schemas.of(format, spaces, salt);
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
