import { parserNamed } from '../families/families.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { Reading } from './chat-format.ts';
import { endsInThinking, familyReading } from './family-reading.ts';
import { taggedReading } from './tagged-reading.ts';
import type { TemplateMarks } from './template-marks.ts';
import { textReading } from './text-reading.ts';

/** Reads a completion of a model of which no more is known than the marks in its template. */
export function markedReading(marks: TemplateMarks, input: ParserInput, prompt: string): Reading {
  const family = marks.parser === undefined ? undefined : parserNamed(marks.parser);
  if (!family) return taggedReading(marks.thinking, input, prompt, textReading());
  const readsThinking = family.thinkingEnd !== undefined && marks.thinking?.close !== family.thinkingEnd;
  if (readsThinking)
    return familyReading(family, { ...input, endsInThinking: endsInThinking(family, prompt) });
  const { thinking: _, ...calls } = familyReading(family, { ...input, think: false, endsInThinking: false });
  const rest = input.tools.length > 0 ? calls : textReading();
  return taggedReading(marks.thinking, input, prompt, rest);
}
