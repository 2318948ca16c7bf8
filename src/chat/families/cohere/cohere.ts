import { withoutThinking } from '../../output/hidden-thinking.ts';
import type { ParserInput } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { CallSyntax, Family } from '../family.ts';
import { hasBegunContent } from '../shared/answer-segments.ts';
import { actionEvents } from './action-body.ts';
import { cohereRenderer } from './cohere-renderer.ts';

const thought = { open: '<|START_THINKING|>', close: '<|END_THINKING|>' };
const action = { open: '<|START_ACTION|>', close: '<|END_ACTION|>' };
/** Older models write "response" where newer ones write "text". */
const textStarts = ['<|START_TEXT|>', '<|START_RESPONSE|>'];
const textEnds = ['<|END_TEXT|>', '<|END_RESPONSE|>'];
const TURN_END = '<|END_OF_TURN_TOKEN|>';

function segments(): { thinking: Segment; between: Segment; text: Segment } {
  const to = (tags: readonly string[], next: () => Segment) =>
    tags.map((tag) => ({ tag, leave: () => ({ next: next() }) }));
  const openings = [...to(textStarts, () => text), ...to([action.open], () => actions)];
  const thinking: Segment = {
    kind: 'thinking',
    trimsEnd: true,
    startExits: to([thought.open], () => thinking),
    exits: [...to([thought.close], () => between), ...openings],
  };
  const between: Segment = {
    kind: 'content',
    trimsStart: true,
    exits: [
      ...to([thought.open], () => thinking),
      ...openings,
      ...to([...textEnds, TURN_END], () => between),
    ],
  };
  const text: Segment = {
    kind: 'content',
    exits: [...to([...textEnds, TURN_END], () => between), ...to([action.open], () => actions)],
  };
  const actions: Segment = {
    kind: 'body',
    hasStrings: true,
    exits: [
      {
        tag: action.close,
        leave: (body) => {
          const events = actionEvents(body);
          return events ? { next: between, events } : 'text';
        },
      },
    ],
    unfinished: actionEvents,
  };
  return { thinking, between, text };
}

/** The family's own prompts end inside the thinking, unless it is off. */
const startsThinking = (input: ParserInput): boolean =>
  input.endsInThinking ?? (input.think !== false && !hasBegunContent(input));

const callSyntax: CallSyntax = {
  open: `${action.open}[`,
  separator: ',',
  close: `]${action.close}`,
  beforeArguments: (name) => `{"tool_call_id": "0", "tool_name": ${JSON.stringify(name)}, "parameters": `,
  afterArguments: '}',
  argumentSyntax: { form: 'json' },
};

export const cohere: Family = {
  renderers: { cohere: cohereRenderer },
  parsers: {
    cohere: {
      hasTools: true,
      hasThinking: true,
      visibleTokens: [...Object.values(thought), ...textStarts, ...textEnds, ...Object.values(action)],
      thinkingStart: thought.open,
      thinkingEnd: thought.close,
      answerStart: '<|START_TEXT|>',
      startsThinking,
      callSyntax,
      create: (input) => {
        const { thinking, between, text } = segments();
        if (startsThinking(input)) return new SegmentParser(thinking);
        const parser = new SegmentParser(hasBegunContent(input) ? text : between);
        return input.think === false ? withoutThinking(parser) : parser;
      },
    },
  },
};
