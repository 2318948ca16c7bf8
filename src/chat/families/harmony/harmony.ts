import type { Think } from '../../../api/think.ts';
import type { ParserInput } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family } from '../family.ts';
import { harmonySegments, marks } from './harmony-segments.ts';
import { identifiersOf, withIdentifiers } from './tool-names.ts';

function firstSegment({ tools, lastMessage }: ParserInput): Segment {
  const { header, content, thinking } = harmonySegments(identifiersOf(tools));
  if (lastMessage?.role !== 'assistant') return header;
  if (lastMessage.content !== '') return content;
  return lastMessage.thinking ? thinking : header;
}

/** Templates of gpt-oss have only three levels of thinking. */
const promptThink = (think: Think): Think => (think === 'max' ? 'high' : think);

/** Prompts come from templates and end with `<|start|>assistant`. Source: OpenAI's "Harmony response format". */
export const harmony: Family = {
  parsers: {
    harmony: {
      hasTools: true,
      hasThinking: true,
      visibleTokens: Object.values(marks),
      thinkingStart: `${marks.channel}analysis${marks.message}`,
      thinkingEnd: `${marks.end}${marks.start}assistant`,
      answerStart: `${marks.channel}final${marks.message}`,
      promptTools: withIdentifiers,
      promptThink,
      callSyntax: {
        open: '',
        separator: `${marks.call}${marks.start}assistant`,
        close: '',
        beforeArguments: (name) =>
          `${marks.channel}commentary to=functions.${name} ${marks.constrain}json${marks.message}`,
        afterArguments: '',
        argumentSyntax: { form: 'json' },
      },
      hidesThinking: ({ think }) => think === false,
      create: (input) => new SegmentParser(firstSegment(input)),
    },
  },
};
