import { recogniseFormat } from './recognise.ts';
import { formats } from './turn-formats.ts';
import { turnTemplate } from './turn-template.ts';

/** What a format's name stands for. */
export interface LibraryTemplate {
  readonly name: string;
  /** Go's template language. */
  readonly template: string;
  readonly stop: readonly string[];
}

/** The library's form of a GGUF's Jinja template, if it has one. */
export function libraryTemplateFor(jinja: string): LibraryTemplate | undefined {
  const name = recogniseFormat(jinja);
  const format = name === undefined ? undefined : formats[name];
  if (name === undefined || !format) return undefined;
  return { name, template: turnTemplate(format.turns), stop: format.stop };
}
