import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family } from '../family.ts';
import { answerSegments } from '../shared/answer-segments.ts';
import { callProbe } from '../shared/call-probe.ts';
import { functionTagCallSyntax, functionTagCalls } from '../shared/function-tag-calls.ts';
import { callTags } from '../shared/hermes-calls.ts';
import { qwen3CoderRenderer } from './qwen3-coder-renderer.ts';

/** Source: the model card of Qwen/Qwen3-Coder. */
export const qwen3Coder: Family = {
  renderers: { 'qwen3-coder': qwen3CoderRenderer },
  parsers: {
    'qwen3-coder': {
      hasTools: true,
      hasThinking: false,
      visibleTokens: Object.values(callTags),
      callSyntax: functionTagCallSyntax,
      callProbe: callProbe(functionTagCalls),
      create: ({ tools }) => new SegmentParser(answerSegments({ calls: functionTagCalls(tools) }).content),
    },
  },
};
