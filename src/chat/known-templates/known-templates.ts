import { recogniseFormat } from './recognise.ts';
import { formats } from './turn-formats.ts';
import { turnTemplate } from './turn-template.ts';

/** The Go template and stop texts of a named format. */
export interface LibraryTemplate {
  readonly name: string;
  /** Go's template language. */
  readonly template: string;
  readonly stop: readonly string[];
}

/** The Go template that Ollama's library uses for a Jinja template in a GGUF file, if it has one. */
export function libraryTemplateFor(jinja: string): LibraryTemplate | undefined {
  const name = recogniseFormat(jinja);
  const format = name === undefined ? undefined : formats[name];
  if (name === undefined || !format) return undefined;
  return { name, template: turnTemplate(format.turns), stop: format.stop };
}
