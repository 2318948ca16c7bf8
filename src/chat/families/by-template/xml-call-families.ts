import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { answerSegments } from '../shared/answer-segments.ts';
import { type CallExits, callProbe } from '../shared/call-probe.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';
import { nearlyXmlCalls, type XmlSyntax, xmlCallSyntax } from '../shared/xml-calls.ts';

interface Block {
  readonly open: string;
  readonly close: string;
}

const blockCalls =
  (block: Block, syntax: XmlSyntax): CallExits =>
  (tools) => {
    const read = (body: string) => nearlyXmlCalls(body, syntax, tools);
    return taggedCalls({ ...block, tools, begins: [syntax.call], read });
  };

const xmlCallFamily = (block: Block, syntax: XmlSyntax): ParserFamily => ({
  hasTools: true,
  hasThinking: false,
  visibleTokens: Object.values(block),
  callSyntax: xmlCallSyntax(syntax, { open: `${block.open}\n`, separator: '\n', close: `\n${block.close}` }),
  callProbe: callProbe(blockCalls(block, syntax)),
  create: ({ tools }) =>
    new SegmentParser(answerSegments({ calls: blockCalls(block, syntax)(tools) }).content),
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
