import type { Tool } from '../../../api/common.ts';
import { CallsInThinking } from '../../output/calls-in-thinking.ts';
import { withoutThinking } from '../../output/hidden-thinking.ts';
import type { OutputParser } from '../../output/output-parser.ts';
import { BareFunctionCalls } from '../../output/repair/bare-function-calls.ts';
import { repairedXmlCalls } from '../../output/repair/xml-repairs.ts';
import type { CallSyntax, ParserFamily } from '../family.ts';
import { callTags } from './hermes-calls.ts';
import { repairedJsonObject } from './json-call.ts';

/** Adds to the parser of a family what all families have: calls in thinking, bare function tags, hidden thinking. */
export function completedParser(family: ParserFamily): ParserFamily {
  return {
    ...family,
    create: (input) => {
      const { tools } = input;
      const { callProbe, callSyntax } = family;
      let parser = family.create(input);
      if (callProbe && tools.length > 0) parser = new CallsInThinking(parser, () => callProbe(tools));
      if (callSyntax) parser = withBareFunctions(parser, tools, callSyntax);
      return family.hidesThinking?.(input) ? withoutThinking(parser) : parser;
    },
  };
}

/** Also reads calls between function tags alone, which models write in place of their own syntax. */
export function withBareFunctions(
  parser: OutputParser,
  tools: readonly Tool[],
  { open, close }: Pick<CallSyntax, 'open' | 'close'>,
): OutputParser {
  if (tools.length === 0) return parser;
  const tagsOf = (own: string, other: string) => (own.trim().startsWith('<') ? [own.trim(), other] : [other]);
  return new BareFunctionCalls(parser, {
    tools,
    read: (text) => repairedXmlCalls(text, tools, repairedJsonObject),
    openingTags: tagsOf(open, callTags.open),
    closingTags: tagsOf(close, callTags.close),
  });
}
