import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import type { OutputParser, ParserInput } from '../output/output-parser.ts';

/** The input of a `RENDERER`. */
export interface RenderInput {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** undefined if the request does not say. */
  readonly think: Think | undefined;
  /** The current time, for formats that tell the model the date. */
  readonly now: Date;
}

export interface Renderer {
  /**
   * Converts messages to the text of the prompt, which ends where the completion begins. If the last message is from the
   * assistant, the completion continues it.
   * @throws OllamaError `invalid-request` for messages that the format cannot express
   */
  render(input: RenderInput): string;
}

/** How a `PARSER` parses completions. */
export interface ParserFamily {
  readonly hasTools: boolean;
  readonly hasThinking: boolean;
  /** Control tokens that must appear in the completion's text for the parser to work. */
  readonly visibleTokens: readonly string[];
  /** The text that ends the thinking, as the model writes it; absent if the family does not think. */
  readonly thinkingEnd?: string;
  /** Whether the completion begins inside the thinking: the prompt ends with the opening tag, or none is needed. */
  readonly startsThinking?: (input: ParserInput) => boolean;
  /** The text that begins the thinking, if the model writes it itself. */
  readonly thinkingStart?: string;
  /** The text that the model writes before the content of an answer, with or without thinking, if any. */
  readonly answerStart?: string;
  /** Converts tools for the prompt, for formats that do not allow every name; absent if tools stay unchanged. */
  readonly promptTools?: (tools: readonly Tool[]) => readonly Tool[];
  /** Converts the thinking level to one that the family's templates know; absent if it stays unchanged. */
  readonly promptThink?: (think: Think) => Think;
  /** The call syntax, for grammars that enforce a call; absent if the family has no calls. */
  readonly callSyntax?: CallSyntax;
  /** Whether to leave out thinking that the model writes although it was told not to. */
  readonly hidesThinking?: (input: ParserInput) => boolean;
  /**
   * Searches thinking for calls of these tools: any other text comes out as it went in, as thinking. Absent if the family
   * has no calls, or if they end the thinking by themselves.
   */
  readonly callProbe?: (tools: readonly Tool[]) => OutputParser;
  /** The parser of the family's own syntax, as `parserNamed` completes it. */
  create(input: ParserInput): OutputParser;
}

/** One or more calls are written as `open`, calls with `separator` between them, `close`. */
export interface CallSyntax {
  readonly open: string;
  readonly separator: string;
  readonly close: string;
  /** The text of a call before its arguments. */
  readonly beforeArguments: (name: string) => string;
  readonly afterArguments: string;
  readonly argumentSyntax: ArgumentSyntax;
}

/**
 * `json`: one JSON object. `pairs`: one pair after another, each `before(key)` value `after`, with `separator` between them.
 * Values of pairs: `json`; `text` = strings unescaped up to `after`, other values as JSON; `python` = Python literals; a
 * pair of quotes = strings unescaped between them, other values as JSON.
 */
export type ArgumentSyntax =
  | { readonly form: 'json' }
  | {
      readonly form: 'pairs';
      readonly before: (key: string) => string;
      readonly after: string;
      readonly separator: string;
      readonly values: 'json' | 'text' | 'python' | { readonly open: string; readonly close: string };
    };

/** A family of models, described in one file: how its prompts are written and how its completions are parsed. */
export interface Family {
  /** Renderers by the name after RENDERER. */
  readonly renderers?: Readonly<Record<string, Renderer>>;
  /** Parsers by the name after PARSER. */
  readonly parsers?: Readonly<Record<string, ParserFamily>>;
}
