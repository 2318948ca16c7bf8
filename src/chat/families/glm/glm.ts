import type { Tool } from '../../../api/common.ts';
import type { ParserInput } from '../../output/output-parser.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { answerSegments, hasBegunContent } from '../shared/answer-segments.ts';
import {
  argKeyCallSyntax,
  argKeyCalls,
  argKeyTokens,
  unfinishedArgKeyCalls,
} from '../shared/arg-key-calls.ts';
import { callProbe } from '../shared/call-probe.ts';
import { callTags } from '../shared/hermes-calls.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';
import { thinkTags } from '../shared/think-tags.ts';
import { glm47Renderer } from './glm-4-7-renderer.ts';
import { glmOcrRenderer } from './glm-ocr-renderer.ts';

/** Prompts end inside the thinking unless it is off, even after the beginning of an answer. */
const startsThinking = ({ endsInThinking, think }: ParserInput): boolean => endsInThinking ?? think !== false;

const calls = (tools: readonly Tool[]) =>
  taggedCalls({
    ...callTags,
    tools,
    read: (body) => argKeyCalls(body, tools),
    readUnfinished: (body) => unfinishedArgKeyCalls(body, tools),
  });

const parser = (hasThinking: boolean): ParserFamily => ({
  hasTools: true,
  hasThinking,
  visibleTokens: [...Object.values(thinkTags), ...argKeyTokens],
  ...(hasThinking && { thinkingStart: thinkTags.start, thinkingEnd: thinkTags.end, startsThinking }),
  callSyntax: argKeyCallSyntax,
  callProbe: callProbe(calls),
  create: (input) => {
    const segments = answerSegments({ calls: calls(input.tools), thinking: thinkTags });
    if (hasThinking && startsThinking(input)) return new SegmentParser(segments.thinking);
    // The continuation of an answer keeps its leading white space.
    return new SegmentParser(hasBegunContent(input) ? segments.content : segments.contentOrThinking);
  },
});

/** Sources: the model cards of zai-org/GLM-4.7 and zai-org/GLM-OCR. */
export const glm: Family = {
  renderers: { 'glm-4.7': glm47Renderer, 'glm-ocr': glmOcrRenderer },
  parsers: { 'glm-4.7': parser(true), 'glm-ocr': parser(false) },
};
