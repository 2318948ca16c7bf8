import type { Tool } from '../../../api/common.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family } from '../family.ts';
import { type CallExits, callProbe } from '../shared/call-probe.ts';
import { braceCallBody, braceCallSyntax } from './brace-call-body.ts';
import { functionGemmaRenderer } from './functiongemma-renderer.ts';

const tags = { open: '<start_function_call>', close: '<end_function_call>', quote: '<escape>' };

const calls: CallExits = (tools) => (after) => [
  { tag: tags.open, leave: () => ({ next: braceCallBody(tags, tools, () => after) }) },
];

function segments(tools: readonly Tool[]): Segment {
  const content: Segment = { kind: 'content', exits: [{ tag: tags.open, leave: () => ({ next: call }) }] };
  const call = braceCallBody(tags, tools, () => content);
  return content;
}

export const functiongemma: Family = {
  renderers: { functiongemma: functionGemmaRenderer },
  parsers: {
    functiongemma: {
      hasTools: true,
      hasThinking: false,
      visibleTokens: [tags.open, tags.close, tags.quote],
      callSyntax: braceCallSyntax(tags),
      callProbe: callProbe(calls),
      create: ({ tools }) => new SegmentParser(segments(tools)),
    },
  },
};
