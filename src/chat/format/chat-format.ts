import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import type { ThinkingMarks } from '../answer/thinking-prefix.ts';
import type { CallSyntax } from '../families/family.ts';
import type { OutputParser, ParserInput } from '../output/output-parser.ts';

export interface PromptInput {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** undefined = nothing is said of it. */
  readonly think: Think | undefined;
  /** Texts of the special tokens, "" where the model has none. */
  readonly bosToken: string;
  readonly eosToken: string;
}

/** How one completion is read. */
export interface Reading {
  readonly parser: OutputParser;
  /** Control tokens that the parser has to see. */
  readonly visibleTokens: readonly string[];
  /** Absent where the completion has no thinking, or none that can be told apart. */
  readonly thinking?: ThinkingMarks;
  /** What the model writes before an answer's content; absent = nothing. */
  readonly answerStart?: string;
  /** Absent where it is unknown how the model writes calls. */
  readonly callSyntax?: CallSyntax;
}

/** How a model's prompts are written and its completions are read. */
export interface ChatFormat {
  /**
   * Messages to prompt text, ending where the completion begins. A last message of the assistant is a beginning.
   * @throws OllamaError `invalid-request` for messages that the format refuses, `internal` when it is broken itself
   */
  render(input: PromptInput): string;
  /** @param prompt as rendered */
  read(input: ParserInput, prompt: string): Reading;
  /** Texts that end a completion of these messages, besides the options' own. */
  stop(messages: readonly Message[]): readonly string[];
}
