import type { Tool } from '../../../api/common.ts';
import type { ParsedCall, ParserInput } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { CallSyntax, Family, ParserFamily } from '../family.ts';
import { hasBegunContent } from '../shared/answer-segments.ts';
import { callProbe } from '../shared/call-probe.ts';
import { pythonicCallSyntax, pythonicCalls } from '../shared/pythonic-calls.ts';
import { callEvent, taggedCalls } from '../shared/tagged-calls.ts';
import { calls, lfm2Renderer, thought } from './lfm2-renderer.ts';

/** Calls as `[f(a='x'), g()]` between two tags. */
const taggedList = (tools: readonly Tool[]) => taggedCalls({ ...calls, tools, read: pythonicCalls });

/** Calls without tags, which the model sometimes writes. They count only if the answer is nothing but calls of known tools. */
function bareCallExits({ tools }: ParserInput): Exit[] {
  const names = new Set(tools.map((tool) => tool.function.name).filter((name) => name !== ''));
  return [...names]
    .flatMap((name) => [`${name}(`, `[${name}(`])
    .map((tag) => {
      const body: Segment = {
        kind: 'body',
        exits: [],
        unfinished: (rest) => {
          const made = wholeCalls(tag + rest);
          return made?.every((call) => names.has(call.name)) ? made.map(callEvent) : undefined;
        },
      };
      return { tag, leave: () => ({ next: body }) };
    });
}

function wholeCalls(text: string): ParsedCall[] | undefined {
  const made = pythonicCalls(text);
  return made === 'open' ? undefined : made;
}

function segments(input: ParserInput, mayThink: boolean): Segment {
  const startExits = hasBegunContent(input) ? [] : bareCallExits(input);
  const afterCall: Segment = {
    kind: 'content',
    trimsStart: true,
    trimsEnd: true,
    get exits() {
      return exits;
    },
  };
  const exits = taggedList(input.tools)(afterCall);
  const content: Segment = { kind: 'content', trimsEnd: true, startExits, exits };
  const afterThinking: Segment = { ...afterCall, startExits };
  const thinking: Segment = {
    kind: 'thinking',
    trimsStart: true,
    trimsEnd: true,
    exits: [{ tag: thought.close, leave: () => ({ next: afterThinking }) }],
  };
  if (!mayThink || hasBegunContent(input)) return content;
  const beginning = { tag: thought.open, leave: () => ({ next: thinking }) };
  return { ...content, trimsStart: true, startExits: [beginning, ...startExits] };
}

const callSyntax: CallSyntax = {
  ...pythonicCallSyntax,
  open: `${calls.open}[`,
  separator: ', ',
  close: `]${calls.close}`,
};

/** The model decides for each answer whether to think. */
const parser = (hasThinking: boolean): ParserFamily => ({
  hasTools: true,
  hasThinking,
  visibleTokens: [thought.open, thought.close, calls.open, calls.close],
  ...(hasThinking && { thinkingStart: thought.open, thinkingEnd: thought.close }),
  callSyntax,
  callProbe: callProbe(taggedList),
  create: (input) => {
    const mayThink = hasThinking && input.think !== undefined && input.think !== false;
    return new SegmentParser(segments(input, mayThink));
  },
});

export const lfm2: Family = {
  renderers: { lfm2: lfm2Renderer(false), 'lfm2-thinking': lfm2Renderer(true) },
  parsers: { lfm2: parser(false), 'lfm2-thinking': parser(true) },
};
