import type { ParserInput } from '../../output/output-parser.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { answerSegments, thinksByDefault } from '../shared/answer-segments.ts';
import { callProbe } from '../shared/call-probe.ts';
import { callTags, hermesCallSyntax, hermesCalls } from '../shared/hermes-calls.ts';
import { thinkTags } from '../shared/think-tags.ts';
import { qwen3VlRenderer } from './qwen3-vl-renderer.ts';

const parser = (hasThinking: boolean): ParserFamily => ({
  hasTools: true,
  hasThinking,
  visibleTokens: [...Object.values(thinkTags), ...Object.values(callTags)],
  ...(hasThinking && {
    thinkingStart: thinkTags.start,
    thinkingEnd: thinkTags.end,
    startsThinking: thinksByDefault,
  }),
  callSyntax: hermesCallSyntax,
  callProbe: callProbe(hermesCalls),
  create: (input: ParserInput) => {
    const segments = answerSegments({ calls: hermesCalls(input.tools), thinking: thinkTags });
    const isThinking = hasThinking && thinksByDefault(input);
    return new SegmentParser(isThinking ? segments.thinking : segments.content);
  },
});

/** Sources: the model cards of Qwen/Qwen3 and Qwen/Qwen3-VL, instruct and thinking models. */
export const qwen3: Family = {
  renderers: {
    'qwen3-vl-instruct': qwen3VlRenderer(false),
    'qwen3-vl-thinking': qwen3VlRenderer(true),
  },
  parsers: {
    qwen3: parser(false),
    'qwen3-thinking': parser(true),
    'qwen3-vl-instruct': parser(false),
    'qwen3-vl-thinking': parser(true),
  },
};
