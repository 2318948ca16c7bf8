import type { Tool } from '../../../api/common.ts';
import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { type XmlSyntax, xmlCallSyntax, xmlCalls } from '../shared/xml-calls.ts';

interface Block {
  readonly open: string;
  readonly close: string;
}

const callEvent = (call: ParsedCall): OutputEvent => ({ type: 'tool-call', call });

function segments(block: Block, syntax: XmlSyntax, tools: readonly Tool[]): Segment {
  const content: Segment = {
    kind: 'content',
    trimsEnd: true,
    exits: [{ tag: block.open, leave: () => ({ next: body }) }],
  };
  const body: Segment = {
    kind: 'body',
    begins: [syntax.call],
    exits: [
      {
        tag: block.close,
        leave: (text) => {
          const calls = xmlCalls(text, syntax, tools);
          if (calls === 'open') return undefined;
          return calls ? { next: { ...content, trimsStart: true }, events: calls.map(callEvent) } : 'text';
        },
      },
    ],
    unfinished: (text) => {
      const calls = xmlCalls(text, syntax, tools);
      return calls === 'open' ? undefined : calls?.map(callEvent);
    },
  };
  return content;
}

const xmlCallFamily = (block: Block, syntax: XmlSyntax): ParserFamily => ({
  hasTools: true,
  hasThinking: false,
  visibleTokens: Object.values(block),
  callSyntax: xmlCallSyntax(syntax, { open: `${block.open}\n`, separator: '\n', close: `\n${block.close}` }),
  create: ({ tools }) => new SegmentParser(segments(block, syntax, tools)),
});

/** Sources of the formats: the chat templates of MiniMaxAI/MiniMax-M2 and ByteDance-Seed/Seed-OSS-36B-Instruct. */
export const xmlCallFamilies: Family = {
  parsers: {
    minimax: xmlCallFamily(
      { open: '<minimax:tool_call>', close: '</minimax:tool_call>' },
      {
        call: '<invoke name="',
        callEnd: '</invoke>',
        argument: '<parameter name="',
        argumentEnd: '</parameter>',
        nameEnd: '">',
      },
    ),
    'seed-oss': xmlCallFamily(
      { open: '<seed:tool_call>', close: '</seed:tool_call>' },
      {
        call: '<function=',
        callEnd: '</function>',
        argument: '<parameter=',
        argumentEnd: '</parameter>',
        nameEnd: '>',
      },
    ),
  },
};
