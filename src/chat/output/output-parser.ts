import type { Message, Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';

/** A tool call that the model wrote, whole. Keys are in the order in which they were written. */
export interface ParsedCall {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

/** A part of a completion, taken apart. Texts are never empty. */
export type OutputEvent =
  | { readonly type: 'content'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ParsedCall };

/**
 * Takes one completion apart while it arrives. Holds back only what may still become a tag, or belongs to a call that
 * is not whole. Throws nothing, whatever the model writes: half a call comes out as content at the end.
 */
export interface OutputParser {
  push(text: string): OutputEvent[];
  /** What is still held back, once nothing more will come. */
  end(): OutputEvent[];
}

export interface ParserInput {
  /** Those that the model was told of. */
  readonly tools: readonly Tool[];
  /** undefined = the request does not say. */
  readonly think: Think | undefined;
  /** The prompt's last message; one of the assistant is a beginning that the completion goes on from. */
  readonly lastMessage: Message | undefined;
  /** Whether the rendered prompt ends inside of the thinking; absent = as the family's own prompts do. */
  readonly endsInThinking?: boolean;
}
