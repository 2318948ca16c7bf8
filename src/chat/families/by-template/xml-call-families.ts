import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { answerSegments } from '../shared/answer-segments.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';
import { type XmlSyntax, xmlCallSyntax, xmlCalls } from '../shared/xml-calls.ts';

interface Block {
  readonly open: string;
  readonly close: string;
}

const xmlCallFamily = (block: Block, syntax: XmlSyntax): ParserFamily => ({
  hasTools: true,
  hasThinking: false,
  visibleTokens: Object.values(block),
  callSyntax: xmlCallSyntax(syntax, { open: `${block.open}\n`, separator: '\n', close: `\n${block.close}` }),
  create: ({ tools }) => {
    const read = (body: string) => xmlCalls(body, syntax, tools);
    const calls = taggedCalls({ ...block, begins: [syntax.call], read });
    return new SegmentParser(answerSegments({ calls }).content);
  },
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
