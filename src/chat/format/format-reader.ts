import { OllamaError } from '../../base/errors.ts';
import { parserNamed, rendererNamed } from '../families/families.ts';
import { sizedRenderer } from '../families/gemma/renderer-size.ts';
import type { FormatReader } from './chat-format.ts';
import { FallbackFormat } from './fallback-format.ts';
import { familyReading } from './family-reading.ts';
import type { FormatFacts, FormatSource } from './format-source.ts';
import { goReading } from './go-reading.ts';
import { jinjaReading } from './jinja-reading.ts';
import { PlainFormat } from './plain-format.ts';
import { textReading } from './text-reading.ts';

/**
 * The half of a chat format that reads completions. It runs no template.
 * @throws OllamaError `internal` for an unknown renderer
 */
export function formatReader(format: FormatSource, { go, failure }: FormatFacts): FormatReader {
  const source = format.from === 'model' ? format.source : format;
  if ('kind' in source && source.kind === 'plain') return new PlainFormat();
  const parser = parserNamed(source.parser ?? '');
  const stop = () => [];
  if ('kind' in source && source.kind === 'renderer') {
    if (format.from === 'model' && !rendererNamed(sizedRenderer(source.renderer, format.model))) {
      throw new OllamaError('internal', `unknown renderer "${source.renderer}"`);
    }
    return { stop, read: (input) => (parser ? familyReading(parser, input) : textReading()) };
  }
  const { text } = source;
  if (failure !== undefined) return new FallbackFormat({ text, parser });
  if (go) return { stop, read: (input, prompt) => goReading({ text, facts: go, parser }, input, prompt) };
  return { stop, read: (input, prompt) => jinjaReading({ text, parser }, input, prompt) };
}
