import type { Tool } from '../../../api/common.ts';
import type { ParserInput } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { type CallExits, callProbe } from '../shared/call-probe.ts';
import { braceCallBody, braceCallSyntax } from './brace-call-body.ts';
import { gemma4Renderer } from './gemma4-renderer.ts';

const tags = { open: '<|tool_call>', close: '<tool_call|>', quote: '<|"|>' };
const thought = { open: '<|channel>', name: 'thought\n', close: '<channel|>' };
const RESPONSE = '<|tool_response>';

const calls: CallExits = (tools) => (after) => [
  { tag: tags.open, leave: () => ({ next: braceCallBody(tags, tools, () => after) }) },
];

function segments(tools: readonly Tool[], startsThinking: boolean): Segment {
  const exits = [
    { tag: thought.open, leave: () => ({ next: channel }) },
    { tag: tags.open, leave: () => ({ next: call }) },
  ];
  const content: Segment = { kind: 'content', trimsEnd: true, exits };
  const laterContent: Segment = { ...content, trimsStart: true };
  const afterCall: Segment = {
    ...laterContent,
    // The model tends to repeat these here.
    startExits: [tags.close, RESPONSE].map((tag) => ({ tag, leave: () => ({ next: afterCall }) })),
  };
  const thinking: Segment = {
    kind: 'thinking',
    trimsEnd: true,
    exits: [{ tag: thought.close, leave: () => ({ next: laterContent }) }],
  };
  const channel: Segment = {
    ...thinking,
    startExits: [
      { tag: thought.name, leave: () => ({ next: thinking }) },
      { tag: thought.name.trim() + thought.close, leave: () => ({ next: laterContent }) },
    ],
  };
  const call = braceCallBody(tags, tools, () => afterCall);
  return startsThinking ? thinking : content;
}

const thinks = ({ think }: ParserInput): boolean => think !== undefined && think !== false;

/** After the result of a tool, the prompt ends inside a thought. */
const startsThinking = (input: ParserInput): boolean => thinks(input) && input.lastMessage?.role === 'tool';

const parser = (hasThinking: boolean): ParserFamily => ({
  hasTools: true,
  hasThinking,
  visibleTokens: [thought.open, thought.close, tags.open, tags.close, RESPONSE, tags.quote],
  ...(hasThinking && {
    thinkingStart: thought.open + thought.name,
    thinkingEnd: thought.close,
    startsThinking,
  }),
  callSyntax: braceCallSyntax(tags),
  callProbe: callProbe(calls),
  hidesThinking: (input) => !(hasThinking && thinks(input)),
  create: (input) => {
    const isThinking = hasThinking && thinks(input);
    return new SegmentParser(segments(input.tools, isThinking && startsThinking(input)));
  },
});

export const gemma4: Family = {
  renderers: {
    gemma4: gemma4Renderer(false),
    'gemma4-small': gemma4Renderer(false),
    'gemma4-large': gemma4Renderer(true),
  },
  parsers: { gemma4: parser(true), 'gemma4-no-thinking': parser(false) },
};
