import type { ParserFamily } from '../families/family.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { Reading } from './chat-format.ts';

/** The reading of a completion by the parser of its family. */
export function familyReading(family: ParserFamily, input: ParserInput): Reading {
  const { visibleTokens, callSyntax, thinkingStart, thinkingEnd, answerStart } = family;
  const startsInside = family.startsThinking?.(input) ?? false;
  const thinks = thinkingEnd !== undefined && (startsInside || input.think !== false);
  return {
    parser: family.create(input),
    visibleTokens,
    ...(callSyntax && { callSyntax }),
    ...(answerStart !== undefined && { answerStart }),
    ...(thinks && {
      thinking: {
        end: thinkingEnd,
        startsInside,
        ...(thinkingStart !== undefined && { start: thinkingStart }),
      },
    }),
  };
}

/** Whether a prompt that was rendered by a template, not by the family itself, ends inside the thinking. */
export function endsInThinking({ thinkingStart }: ParserFamily, prompt: string): boolean {
  return thinkingStart !== undefined && prompt.trimEnd().endsWith(thinkingStart.trimEnd());
}
