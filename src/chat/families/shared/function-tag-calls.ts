/** `<tool_call><function=f><parameter=k>value</parameter></function></tool_call>`: Qwen3-Coder, Qwen3.5, Nemotron 3. */
import type { Tool } from '../../../api/common.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import type { CallSyntax } from '../family.ts';
import { callTags } from './hermes-calls.ts';
import { taggedCalls } from './tagged-calls.ts';
import { nearlyXmlCalls, type XmlSyntax, xmlCallSyntax } from './xml-calls.ts';

const syntax: XmlSyntax = {
  call: '<function=',
  callEnd: '</function>',
  argument: '<parameter=',
  argumentEnd: '</parameter>',
  nameEnd: '>',
  hasValuesOnLines: true,
};

export function functionTagCalls(tools: readonly Tool[]): (after: Segment) => Exit[] {
  return taggedCalls({
    ...callTags,
    begins: [syntax.call],
    tools,
    read: (body) => nearlyXmlCalls(body, syntax, tools),
  });
}

export const functionTagCallSyntax: CallSyntax = xmlCallSyntax(syntax, {
  open: `${callTags.open}\n`,
  separator: `\n${callTags.close}\n${callTags.open}\n`,
  close: `\n${callTags.close}`,
});
