import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';

/** A complete tool call that the model wrote. Keys keep the order in which they were written. */
export interface ParsedCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

/** A parsed part of a completion. Texts are never empty. */
export type OutputEvent =
  | { readonly type: 'content'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ParsedCall };

/**
 * Parses one completion while it arrives. It holds back only text that may still become a tag, or that belongs to an
 * incomplete call. It never throws, whatever the model writes: an incomplete call is returned as content at the end.
 */
export interface OutputParser {
  push(text: string): OutputEvent[];
  /**
   * Ends the completion and returns what is still held back.
   * @param isCut whether the token limit ended it: the beginning of another call after a complete one is left out then
   */
  end(isCut?: boolean): OutputEvent[];
}

export interface ParserInput {
  /** The tools in the prompt. */
  readonly tools: readonly Tool[];
  /** undefined if the request does not say. */
  readonly think: Think | undefined;
  /** The last message of the prompt; if it is from the assistant, the completion continues it. */
  readonly lastMessage: Message | undefined;
  /** Whether the rendered prompt ends inside the thinking; if absent, as in the family's own prompts. */
  readonly endsInThinking?: boolean;
}
