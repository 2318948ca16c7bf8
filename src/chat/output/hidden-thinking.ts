import type { OutputParser } from './output-parser.ts';

/** Removes the thinking of a model that thinks although it was told not to. */
export function withoutThinking(parser: OutputParser): OutputParser {
  return {
    push: (text) => parser.push(text).filter(({ type }) => type !== 'thinking'),
    end: (isCut) => parser.end(isCut).filter(({ type }) => type !== 'thinking'),
  };
}
