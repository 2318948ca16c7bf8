import { isJsonObject, type JsonObject } from '../../../base/json-object.ts';
import { tokenizerLimits } from '../limits.ts';
import { textOfBytes } from './byte-alphabet.ts';

/**
 * What the decoder of tokenizer.json makes of a single token. llama.cpp's converter encodes and decodes the added tokens
 * that are not normalized, because the engine looks for their texts as they are written.
 */
export function decodeAddedText(text: string, decoder: unknown, depth = 0): string {
  if (!isJsonObject(decoder) || depth > tokenizerLimits.nesting) return text;
  switch (decoder.type) {
    case 'ByteLevel':
      return textOfBytes(text) ?? text;
    case 'Sequence':
      return listOf(decoder.decoders).reduce<string>(
        (decoded, step) => decodeAddedText(decoded, step, depth + 1),
        text,
      );
    case 'Replace':
      return replaced(text, decoder);
    case 'Strip':
      return stripped(text, decoder);
    case 'Metaspace':
      return text.replaceAll(textOf(decoder.replacement, '▁'), ' ').replace(/^ /u, '');
    default:
      return text;
  }
}

function replaced(text: string, { pattern, content }: JsonObject): string {
  const searched = isJsonObject(pattern) ? pattern.String : undefined;
  if (typeof searched !== 'string' || searched === '' || typeof content !== 'string') return text;
  return text.replaceAll(searched, () => content);
}

function stripped(text: string, { content, start, stop }: JsonObject): string {
  const character = textOf(content, ' ');
  let [from, to] = [0, text.length];
  for (let count = numberOf(start); count > 0 && text.startsWith(character, from); count--) {
    from += character.length;
  }
  for (let count = numberOf(stop); count > 0 && text.slice(from, to).endsWith(character); count--) {
    to -= character.length;
  }
  return text.slice(from, to);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

/** A number of characters to remove. */
function numberOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(value, tokenizerLimits.tokenLength) : 0;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
