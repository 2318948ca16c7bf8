import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import type { JsonObject } from '../../base/json-object.ts';
import type { ThinkingMarks } from '../answer/thinking-prefix.ts';
import type { CallSyntax } from '../families/family.ts';
import type { OutputParser, ParserInput } from '../output/output-parser.ts';

export interface PromptInput {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** undefined if the request does not say. */
  readonly think: Think | undefined;
  /** Texts of the special tokens; "" if the model has none. */
  readonly bosToken: string;
  readonly eosToken: string;
  /** Further variables for a Jinja template, as the request names them. */
  readonly templateArguments?: JsonObject;
}

/** How one completion is parsed. */
export interface Reading {
  readonly parser: OutputParser;
  /** Control tokens that must appear in the text for the parser. */
  readonly visibleTokens: readonly string[];
  /** Absent if the completion has no thinking, or none that can be recognized. */
  readonly thinking?: ThinkingMarks;
  /** The text that the model writes before the content of an answer, if any. */
  readonly answerStart?: string;
  /** Searches thinking for calls; absent if there are no tools, or the parser does so itself. */
  readonly callProbe?: () => OutputParser;
  /** Absent if the call syntax of the model is not known. */
  readonly callSyntax?: CallSyntax;
}

/** How the prompts of a model are written. */
interface PromptWriter {
  /**
   * Converts messages to the text of the prompt, which ends where the completion begins. If the last message is from the
   * assistant, the completion continues it.
   * @throws OllamaError `invalid-request` for messages that the format refuses, `internal` when the format is broken
   */
  render(input: PromptInput): string;
}

/** How the completions of a model are read. */
export interface FormatReader {
  /** @param prompt the rendered prompt */
  read(input: ParserInput, prompt: string): Reading;
  /** Texts that end a completion of these messages, in addition to the `stop` option. */
  stop(messages: readonly Message[]): readonly string[];
}

/** How the prompts of a model are written and its completions are parsed. */
export interface ChatFormat extends PromptWriter, FormatReader {}
