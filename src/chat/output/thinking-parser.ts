import type { OutputEvent, OutputParser } from './output-parser.ts';
import type { Segment } from './segment.ts';
import { SegmentParser } from './segment-parser.ts';

/** The tags around the thinking of a model. Neither is empty. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
}

/**
 * Separates thinking at the start of a completion. White space after either tag is dropped. A completion that does not
 * begin with the opening tag is returned unchanged as content.
 */
export class ThinkingParser implements OutputParser {
  readonly #tags: ThinkingTags;
  /** White space at the start, which is returned if no tag follows it. */
  readonly #space: string[] = [];
  /** Text that may still become the opening tag. */
  #start = '';
  #rest: OutputParser | undefined;

  /** @param startsInside whether the prompt ends with the opening tag */
  constructor(tags: ThinkingTags, startsInside: boolean) {
    this.#tags = tags;
    if (startsInside) this.#rest = thinkingStage(tags);
  }

  push(text: string): OutputEvent[] {
    if (this.#rest) return this.#rest.push(text);
    const { open } = this.#tags;
    const piece = this.#start === '' ? text.trimStart() : text;
    this.#space.push(text.slice(0, text.length - piece.length));
    this.#start += piece;
    if (open.length > this.#start.length && open.startsWith(this.#start)) return [];
    const isThinking = this.#start.startsWith(open);
    this.#rest = isThinking ? thinkingStage(this.#tags) : new SegmentParser(plain);
    return this.#rest.push(isThinking ? this.#start.slice(open.length) : this.#takeStart());
  }

  end(isCut?: boolean): OutputEvent[] {
    if (this.#rest) return this.#rest.end(isCut);
    const text = this.#takeStart();
    return text === '' ? [] : [{ type: 'content', text }];
  }

  #takeStart(): string {
    return this.#space.join('') + this.#start;
  }
}

const plain: Segment = { kind: 'content', exits: [] };
const answer: Segment = { ...plain, trimsStart: true };

function thinkingStage({ close }: ThinkingTags): OutputParser {
  const exits = [{ tag: close, leave: () => ({ next: answer }) }];
  return new SegmentParser({ kind: 'thinking', trimsStart: true, exits });
}
