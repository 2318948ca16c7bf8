import { parserNamed } from '../families/families.ts';
import type { ParserFamily } from '../families/family.ts';
import type { ParserInput } from '../output/output-parser.ts';
import type { Reading } from './chat-format.ts';
import { endsInThinking, familyReading } from './family-reading.ts';
import { taggedReading } from './tagged-reading.ts';
import { type TemplateMarks, templateMarks } from './template-marks.ts';
import { textReading } from './text-reading.ts';

/** What decides how the completions of a model with a Jinja template are read. */
interface JinjaReadingSource {
  readonly text: string;
  /** If the model names one; otherwise the markers in the template choose it. */
  readonly parser: ParserFamily | undefined;
}

export function jinjaReading(
  { text, parser }: JinjaReadingSource,
  input: ParserInput,
  prompt: string,
): Reading {
  if (!parser) return markedReading(templateMarks(text), input, prompt);
  return familyReading(parser, { ...input, endsInThinking: endsInThinking(parser, prompt) });
}

/** The reading of a completion whose model is known only by the markers in its template. */
export function markedReading(marks: TemplateMarks, input: ParserInput, prompt: string): Reading {
  const family = marks.parser === undefined ? undefined : parserNamed(marks.parser);
  if (!family) return taggedReading(marks.thinking, input, prompt, textReading());
  const readsThinking = family.thinkingEnd !== undefined && marks.thinking?.close !== family.thinkingEnd;
  if (readsThinking)
    return familyReading(family, { ...input, endsInThinking: endsInThinking(family, prompt) });
  const { thinking: _, ...calls } = familyReading(family, { ...input, think: false, endsInThinking: false });
  const { callProbe } = family;
  const probe = callProbe && { callProbe: () => callProbe(input.tools) };
  const rest = input.tools.length > 0 ? { ...calls, ...probe } : textReading();
  return taggedReading(marks.thinking, input, prompt, rest);
}
