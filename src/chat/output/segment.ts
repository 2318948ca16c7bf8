import type { OutputEvent } from './output-parser.ts';

/**
 * A stretch of a completion between two tags. `content` and `thinking` are passed on while they arrive; a `body` (of a
 * tool call, of a header) is collected and read when its end is there.
 */
export interface Segment {
  readonly kind: 'content' | 'thinking' | 'body';
  readonly exits: readonly Exit[];
  /** Count only where the segment begins (after white space that it drops), not later on. */
  readonly startExits?: readonly Exit[];
  /** Drops white space at its start. */
  readonly trimsStart?: boolean;
  /** Drops white space before an exit; it is held back until something else follows. */
  readonly trimsEnd?: boolean;
  /** Of a body: what it begins with, after white space. One that begins otherwise was no body, see `text`. */
  readonly begins?: readonly string[];
  /** Of a body of JSON: tags inside of its strings are none. */
  readonly hasStrings?: boolean;
  /**
   * What a body that never met its exit is, at the end of the completion; undefined = the text as the model wrote it,
   * opening tag included.
   */
  readonly unfinished?: (body: string) => OutputEvent[] | undefined;
}

/** A tag that ends a segment. Of several at one place, the longest counts. */
export interface Exit {
  readonly tag: string;
  /**
   * Where a body's tag leads; undefined = the tag belongs to the body, which goes on (as inside a JSON string).
   * For other kinds the body is "".
   */
  readonly leave: (body: string) => Departure | typeof text | undefined;
}

/** What looked like a body was none: all of it is text of the segment before it, which goes on after it. */
export const text = 'text';

export interface Departure {
  /** A body that leads to another one without events counts as part of it, should that stay unfinished. */
  readonly events?: readonly OutputEvent[];
  readonly next: Segment;
}
