import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import type { OutputParser, ParserInput } from '../output/output-parser.ts';

/** What a `RENDERER` makes a prompt of. */
export interface RenderInput {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  /** undefined = the request does not say. */
  readonly think: Think | undefined;
  /** For formats that tell the model what day it is. */
  readonly now: Date;
}

export interface Renderer {
  /**
   * Messages to prompt text, ending where the completion begins. A last message of the assistant is a beginning.
   * @throws OllamaError `invalid-request` for messages that the format cannot hold
   */
  render(input: RenderInput): string;
}

/** What a `PARSER` takes completions apart with. */
export interface ParserFamily {
  readonly hasTools: boolean;
  readonly hasThinking: boolean;
  /** Control tokens that must appear in the completion's text for the parser to work. */
  readonly visibleTokens: readonly string[];
  /** What ends the thinking, as the model writes it; absent = the family does not think. */
  readonly thinkingEnd?: string;
  /** True when the completion begins inside the thinking: the prompt ends with the opening tag, or none is needed. */
  readonly startsThinking?: (input: ParserInput) => boolean;
  /** What begins the thinking when the model writes it itself. */
  readonly thinkingStart?: string;
  /** What the model writes before an answer's content, thinking or not; absent = nothing. */
  readonly answerStart?: string;
  /** Tools as prompts have to tell of them, where the format cannot hold any name; absent = as they are. */
  readonly promptTools?: (tools: readonly Tool[]) => readonly Tool[];
  /** How much to think, in the words that the family's templates know; absent = as it is. */
  readonly promptThink?: (think: Think) => Think;
  /** How calls are written, for a grammar that enforces one; absent = the family has no calls. */
  readonly callSyntax?: CallSyntax;
  create(input: ParserInput): OutputParser;
}

/** One or more calls are: `open`, calls with `separator` between them, `close`. */
export interface CallSyntax {
  readonly open: string;
  readonly separator: string;
  readonly close: string;
  /** Up to the arguments. */
  readonly beforeArguments: (name: string) => string;
  readonly afterArguments: string;
  readonly argumentSyntax: ArgumentSyntax;
}

/**
 * `json`: one JSON object. `pairs`: one after the other, each `before(key)` value `after`, with `separator` between
 * them. Values of pairs: `json`; `text` = strings as they are up to `after`, all else JSON; `python` = Python literals;
 * a pair of quotes = strings as they are between them, all else JSON.
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

/** One file describes a family of models: how its prompts are written and how its completions are read. */
export interface Family {
  /** By the name after RENDERER. */
  readonly renderers?: Readonly<Record<string, Renderer>>;
  /** By the name after PARSER. */
  readonly parsers?: Readonly<Record<string, ParserFamily>>;
}
