import type { ParserInput } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';

export interface AnswerFormat {
  /** What begins a call, and what comes after it; `after` is what follows the call. */
  readonly calls: (after: Segment) => readonly Exit[];
  readonly thinking?: { readonly start: string; readonly end: string };
  /** Calls end thinking that was not ended. */
  readonly callsEndThinking?: boolean;
}

/** Where a completion may begin. */
export interface AnswerSegments {
  readonly content: Segment;
  /** Content, but for thinking where the completion begins with it. */
  readonly contentOrThinking: Segment;
  /** Thinking; an opening tag that repeats the prompt's is dropped. */
  readonly thinking: Segment;
}

/** The usual form of answers: thinking, then content with calls in it; white space between them does not count. */
export function answerSegments({ calls, thinking: tags, callsEndThinking }: AnswerFormat): AnswerSegments {
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
    exits: [{ tag: tags.end, leave: () => ({ next: afterOthers }) }, ...(callsEndThinking ? exits : [])],
  };
  const startExits = [{ tag: tags.start, leave: () => ({ next: rest }) }];
  return {
    content,
    contentOrThinking: { kind: 'content', trimsStart: true, trimsEnd: true, startExits, exits },
    thinking: { ...rest, startExits },
  };
}

/** Whether the prompt ends with what the answer's content begins with. */
export function hasBegunContent({ lastMessage }: ParserInput): boolean {
  return lastMessage?.role === 'assistant' && lastMessage.content !== '';
}

/** Of families that think unless they are told not to: their prompts end inside of the thinking. */
export function thinksByDefault(input: ParserInput): boolean {
  return input.endsInThinking ?? (input.think !== false && !hasBegunContent(input));
}

/** Of families that think only when they are told to. */
export function thinksWhenAsked(input: ParserInput): boolean {
  return input.endsInThinking ?? (Boolean(input.think) && !hasBegunContent(input));
}
