import { CallsInThinking } from '../output/calls-in-thinking.ts';
import { withoutThinking } from '../output/hidden-thinking.ts';
import type { ParserInput } from '../output/output-parser.ts';
import { StagedParser } from '../output/staged-parser.ts';
import { ThinkingParser, type ThinkingTags } from '../output/thinking-parser.ts';
import type { Reading } from './chat-format.ts';

/**
 * Separates the thinking between tags from a completion before `rest` parses it. Thinking that was not requested is left
 * out.
 * @param prompt the rendered prompt, which may end with the opening tag
 */
export function taggedReading(
  tags: ThinkingTags | undefined,
  { think }: ParserInput,
  prompt: string,
  rest: Reading,
): Reading {
  if (tags === undefined) return rest;
  const startsInside = prompt.trimEnd().endsWith(tags.open);
  const { callProbe, ...others } = rest;
  const staged = new StagedParser(new ThinkingParser(tags, startsInside), rest.parser);
  const parser = callProbe ? new CallsInThinking(staged, callProbe) : staged;
  const isOff = think === false && !startsInside;
  return {
    ...others,
    parser: isOff ? withoutThinking(parser) : parser,
    visibleTokens: [...rest.visibleTokens, tags.open, tags.close],
    ...(!isOff && { thinking: { start: tags.open, end: tags.close, startsInside } }),
  };
}
