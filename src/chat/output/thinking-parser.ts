import type { OutputEvent, OutputParser } from './output-parser.ts';
import type { Segment } from './segment.ts';
import { SegmentParser } from './segment-parser.ts';

/** What stands around a model's thinking. Neither is empty. */
export interface ThinkingTags {
  readonly open: string;
  readonly close: string;
}

/**
 * Takes thinking off the start of a completion. White space after either tag is dropped; a completion that does not
 * begin with the opening tag is content as it is.
 */
export class ThinkingParser implements OutputParser {
  readonly #tags: ThinkingTags;
  /** White space at the start: it comes back when no tag follows it. */
  readonly #space: string[] = [];
  /** What may still become the opening tag. */
  #start = '';
  #rest: OutputParser | undefined;

  /** @param startsInside the prompt ends with the opening tag already */
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

  end(): OutputEvent[] {
    if (this.#rest) return this.#rest.end();
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
