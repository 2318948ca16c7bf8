import { SegmentParser } from '../../output/segment-parser.ts';
import type { ParserFamily } from '../family.ts';
import { answerSegments, thinksByDefault } from './answer-segments.ts';
import { callProbe } from './call-probe.ts';
import { functionTagCallSyntax, functionTagCalls } from './function-tag-calls.ts';
import { callTags } from './hermes-calls.ts';
import { thinkTags } from './think-tags.ts';

/** The parser of models that think unless thinking is off, and write calls between function tags. */
export const thinkingWithFunctionTags: ParserFamily = {
  hasTools: true,
  hasThinking: true,
  visibleTokens: [...Object.values(thinkTags), ...Object.values(callTags)],
  thinkingStart: thinkTags.start,
  thinkingEnd: thinkTags.end,
  startsThinking: thinksByDefault,
  callSyntax: functionTagCallSyntax,
  callProbe: callProbe(functionTagCalls),
  create: (input) => {
    const calls = functionTagCalls(input.tools);
    const segments = answerSegments({ calls, thinking: thinkTags });
    return new SegmentParser(thinksByDefault(input) ? segments.thinking : segments.content);
  },
};
