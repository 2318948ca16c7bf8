import { OllamaError } from '../../../base/errors.ts';
import { isJsonObject } from '../../../base/json-object.ts';
import { type ContentPlace, type PlainContent, PlainParts } from '../../plain-content.ts';
import { addPart, fileProblem, MAX_PARTS } from '../content.ts';
import { type Item, textIn, typeOf } from './item.ts';

/** Types that only outputs have, and what messages call them. */
const outputTypes: ReadonlyMap<string, string> = new Map([
  ['image', 'input_image'],
  ['computer_screenshot', 'input_image'],
]);

/**
 * Collects the texts and images of a text, a part or a list of parts.
 * @throws OllamaError `invalid-request` for a part that the answer is about and that no model can be given, and for
 * content of another form
 */
export function readContent(content: unknown, place: ContentPlace): PlainContent {
  if (content === undefined || content === null) return { content: '', images: [], imagePlaces: [] };
  if (typeof content === 'string') return { content, images: [], imagePlaces: [] };
  const list: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (list.length > MAX_PARTS) throw refuse(`${place.path}: more than ${MAX_PARTS} parts`);
  const parts = new PlainParts(place);
  for (const [index, part] of list.entries()) {
    if (typeof part === 'string') parts.text(part);
    else if (isJsonObject(part)) readPart(part, index, parts);
    else throw refuse(`${place.path} must be a string or a list of parts`);
  }
  return parts.end();
}

function readPart(part: Item, index: number, parts: PlainParts): void {
  const { image_url: image } = part;
  const url = textIn(isJsonObject(image) ? image : { url: image }, 'url');
  const text = textIn(part, 'text') ?? textIn(part, 'refusal');
  const type = typeOf(part, 'text');
  const { input_audio: sound } = part;
  const audio = isJsonObject(sound) ? textIn(sound, 'data') : undefined;
  const unread = textIn(part, 'problem') ?? fileProblem(part);
  // A text is worth reading, whatever its type.
  if (text !== undefined && url === undefined) parts.text(text);
  else addPart(parts, index, { type: outputTypes.get(type) ?? type, text, url, audio, unread });
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
