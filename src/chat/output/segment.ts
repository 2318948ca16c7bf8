import type { OutputEvent } from './output-parser.ts';

/**
 * A stretch of a completion between two tags. `content` and `thinking` are passed on while they arrive. A `body` (of a tool
 * call or a header) is collected, and parsed once its end arrives.
 */
export interface Segment {
  readonly kind: 'content' | 'thinking' | 'body';
  readonly exits: readonly Exit[];
  /** Exits that apply only at the start of the segment (after white space that it drops). */
  readonly startExits?: readonly Exit[];
  /** Drops white space at the start of the segment. */
  readonly trimsStart?: boolean;
  /** Drops white space before an exit; white space is held back until other text follows. */
  readonly trimsEnd?: boolean;
  /** For a body: the texts it may begin with, after white space. Anything else is not a body, see `text`. */
  readonly begins?: readonly string[];
  /** For a body of JSON: ignore tags inside its strings. */
  readonly hasStrings?: boolean;
  /**
   * The events of a body that has no exit at the end of the completion; undefined = the text as the model wrote it,
   * including the opening tag.
   */
  readonly unfinished?: (body: string) => OutputEvent[] | undefined;
}

/** A tag that ends a segment. Of several tags at the same position, the longest applies. */
export interface Exit {
  readonly tag: string;
  /**
   * Where the tag leads; undefined = the tag is part of the segment, which continues (as inside a JSON string).
   * `body` is "" for other kinds of segments.
   */
  readonly leave: (body: string) => Departure | typeof text | undefined;
}

/** What looked like a body is not one: all of it is text of the segment before it, which continues after it. */
export const text = 'text';

export interface Departure {
  /** A body that leads to another body without events counts as part of it if that one stays unfinished. */
  readonly events?: readonly OutputEvent[];
  readonly next: Segment;
}
