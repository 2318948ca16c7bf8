import type { ParserInput } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';

export interface AnswerFormat {
  /** The tags that begin a call, and the segments they lead to; `after` is the segment after the call. */
  readonly calls: (after: Segment) => readonly Exit[];
  readonly thinking?: { readonly start: string; readonly end: string };
}

/** The segments in which a completion may begin. */
export interface AnswerSegments {
  readonly content: Segment;
  /** Content, or thinking if the completion begins with its opening tag. */
  readonly contentOrThinking: Segment;
  /** Thinking; an opening tag that repeats the one in the prompt is dropped. */
  readonly thinking: Segment;
}

/** The usual form of answers: thinking, then content with calls in it. White space between the two is ignored. */
export function answerSegments({ calls, thinking: tags }: AnswerFormat): AnswerSegments {
  const content: Segment = {
    kind: 'content',
    trimsEnd: true,
    get exits() {
      return exits;
    },
  };
  const afterOthers: Segment = {
    kind: 'content',
    trimsStart: true,
    trimsEnd: true,
    get exits() {
      return exits;
    },
  };
  const exits = calls(afterOthers);
  if (!tags) return { content, contentOrThinking: content, thinking: content };
  const rest: Segment = {
    kind: 'thinking',
    trimsStart: true,
    trimsEnd: true,
    exits: [{ tag: tags.end, leave: () => ({ next: afterOthers }) }],
  };
  const startExits = [{ tag: tags.start, leave: () => ({ next: rest }) }];
  return {
    content,
    contentOrThinking: { kind: 'content', trimsStart: true, trimsEnd: true, startExits, exits },
    thinking: { ...rest, startExits },
  };
}

/** Whether the prompt ends with the beginning of the answer's content. */
export function hasBegunContent({ lastMessage }: ParserInput): boolean {
  return lastMessage?.role === 'assistant' && lastMessage.content !== '';
}

/** For families that think unless thinking is off: their prompts end inside the thinking. */
export function thinksByDefault(input: ParserInput): boolean {
  return input.endsInThinking ?? (input.think !== false && !hasBegunContent(input));
}

/** For families that think only if thinking is on. */
export function thinksWhenAsked(input: ParserInput): boolean {
  return input.endsInThinking ?? (Boolean(input.think) && !hasBegunContent(input));
}
