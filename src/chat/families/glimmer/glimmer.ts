import { SegmentParser } from '../../output/segment-parser.ts';
import type { CallSyntax, Family } from '../family.ts';
import { callProbe } from '../shared/call-probe.ts';
import { xmlCallSyntax } from '../shared/xml-calls.ts';
import { glimmerRenderer } from './glimmer-renderer.ts';
import { block, blockCalls, glimmerSegments, marks, syntax } from './glimmer-segments.ts';

const nextMessage = `${marks.end}${marks.start}assistant`;

/** Each call is a separate message; the prompt ends with the role of the first one. */
const callSyntax: CallSyntax = {
  ...xmlCallSyntax(syntax, { open: '', separator: nextMessage, close: '' }),
  beforeArguments: (name) =>
    ` to=${name}${marks.message}${block.open}\n${syntax.call}${name}${syntax.nameEnd}\n`,
  afterArguments: `${syntax.callEnd}\n${block.close}`,
};

export const glimmer: Family = {
  renderers: { glimmer: glimmerRenderer },
  parsers: {
    glimmer: {
      hasTools: true,
      hasThinking: true,
      visibleTokens: Object.values(marks),
      thinkingStart: ` to=self${marks.message}`,
      thinkingEnd: nextMessage,
      answerStart: marks.message,
      callSyntax,
      callProbe: callProbe(blockCalls),
      hidesThinking: ({ think }) => think === false,
      create: ({ tools }) => new SegmentParser(glimmerSegments(tools)),
    },
  },
};
