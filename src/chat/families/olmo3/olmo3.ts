import type { Tool } from '../../../api/common.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { CallSyntax, Family } from '../family.ts';
import { answerSegments, hasBegunContent } from '../shared/answer-segments.ts';
import { callProbe } from '../shared/call-probe.ts';
import { pythonicCallSyntax, pythonicCalls } from '../shared/pythonic-calls.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';
import { thinkTags } from '../shared/think-tags.ts';
import { olmo3Renderer } from './olmo3-renderer.ts';
import { olmo3ThinkRenderer } from './olmo3-think-renderer.ts';

const tags = { open: '<function_calls>', close: '</function_calls>' };

const callSyntax: CallSyntax = {
  ...pythonicCallSyntax,
  open: tags.open,
  separator: '\n',
  close: tags.close,
};

const calls = (tools: readonly Tool[]) => taggedCalls({ ...tags, tools, read: pythonicCalls });
const think = answerSegments({ calls: () => [], thinking: thinkTags });

/** Source: the model cards of allenai/Olmo-3, Instruct and Think. */
export const olmo3: Family = {
  renderers: {
    olmo3: olmo3Renderer({ isNamed: false }),
    'olmo3.1': olmo3Renderer({ isNamed: true }),
    'olmo3-think': olmo3ThinkRenderer({ isFirst32B: false }),
    'olmo3-32b-think': olmo3ThinkRenderer({ isFirst32B: true }),
  },
  parsers: {
    olmo3: {
      hasTools: true,
      hasThinking: false,
      visibleTokens: Object.values(tags),
      callSyntax,
      callProbe: callProbe(calls),
      create: ({ tools }) => new SegmentParser(answerSegments({ calls: calls(tools) }).content),
    },
    'olmo3-think': {
      hasTools: false,
      hasThinking: true,
      visibleTokens: Object.values(thinkTags),
      thinkingStart: thinkTags.start,
      thinkingEnd: thinkTags.end,
      // Its prompts always begin the thinking, regardless of the request.
      startsThinking: (input) => input.endsInThinking ?? !hasBegunContent(input),
      create: (input) => {
        const isInside = input.endsInThinking ?? !hasBegunContent(input);
        return new SegmentParser(isInside ? think.thinking : think.content);
      },
    },
  },
};
