import type { Tool } from '../../../api/common.ts';
import type { ParserInput } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { CallSyntax, Family } from '../family.ts';
import { hasBegunContent } from '../shared/answer-segments.ts';
import { callProbe } from '../shared/call-probe.ts';
import { repairedCalls } from '../shared/repaired-calls.ts';
import { callEvent } from '../shared/tagged-calls.ts';
import { actionEvents } from './action-body.ts';
import { cohereRenderer } from './cohere-renderer.ts';

const thought = { open: '<|START_THINKING|>', close: '<|END_THINKING|>' };
const action = { open: '<|START_ACTION|>', close: '<|END_ACTION|>' };
/** Older models write "response" where newer ones write "text". */
const textStarts = ['<|START_TEXT|>', '<|START_RESPONSE|>'];
const textEnds = ['<|END_TEXT|>', '<|END_RESPONSE|>'];
const TURN_END = '<|END_OF_TURN_TOKEN|>';

/** A list of calls. */
function calls(tools: readonly Tool[]): (after: Segment) => Exit[] {
  const read = (body: string) => actionEvents(body) ?? repairedCalls(body, tools)?.map(callEvent);
  return (after) => {
    const actions: Segment = {
      kind: 'body',
      hasStrings: true,
      exits: [
        {
          tag: action.close,
          leave: (body) => {
            const events = read(body);
            return events ? { next: after, events } : 'text';
          },
        },
      ],
      unfinished: read,
    };
    return [{ tag: action.open, leave: () => ({ next: actions }) }];
  };
}

function segments(tools: readonly Tool[]): { thinking: Segment; between: Segment; text: Segment } {
  const to = (tags: readonly string[], next: () => Segment) =>
    tags.map((tag) => ({ tag, leave: () => ({ next: next() }) }));
  const openings = to(textStarts, () => text);
  const thinking: Segment = {
    kind: 'thinking',
    trimsEnd: true,
    startExits: to([thought.open], () => thinking),
    exits: [...to([thought.close], () => between), ...openings],
  };
  const between: Segment = {
    kind: 'content',
    trimsStart: true,
    get exits() {
      return [
        ...to([thought.open], () => thinking),
        ...openings,
        ...to([...textEnds, TURN_END], () => between),
        ...callExits,
      ];
    },
  };
  const callExits = calls(tools)(between);
  const text: Segment = {
    kind: 'content',
    exits: [...to([...textEnds, TURN_END], () => between), ...callExits],
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
      callProbe: callProbe(calls),
      hidesThinking: (input) => input.think === false && !startsThinking(input),
      create: (input) => {
        const { thinking, between, text } = segments(input.tools);
        if (startsThinking(input)) return new SegmentParser(thinking);
        return new SegmentParser(hasBegunContent(input) ? text : between);
      },
    },
  },
};
