import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import { OllamaError } from '../../../base/errors.ts';
import { isJsonObject } from '../../../base/json-object.ts';
import type { PlainContent } from '../../plain-content.ts';
import { type Item, textIn, typeOf } from './item.ts';

/** Maximum number of parts in one message. Far above real use; it bounds our loops. */
const MAX_PARTS = 10_000;

const imageTypes: ReadonlySet<string> = new Set(['input_image', 'image_url', 'image', 'computer_screenshot']);

export interface ContentPlace {
  /** Such as "input[3].content". */
  readonly path: string;
  /** The answer is about this content: leaving out a part of it would make the answer wrong. */
  readonly isQuestion: boolean;
  readonly ignored: IgnoredParts;
}

/**
 * Collects the texts and images of a text, a part or a list of parts. What a model cannot be given is replaced by a note
 * and named, for example "input[3].content[0] (input_file)".
 * @throws OllamaError `invalid-request` for such a part of the question, and for content of another form
 */
export function readContent(content: unknown, place: ContentPlace): PlainContent {
  if (content === undefined || content === null) return { content: '', images: [], imagePlaces: [] };
  if (typeof content === 'string') return { content, images: [], imagePlaces: [] };
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (parts.length > MAX_PARTS) throw refuse(`${place.path}: more than ${MAX_PARTS} parts`);
  const texts: string[] = [];
  const images: string[] = [];
  const imagePlaces: string[] = [];
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') texts.push(part);
    else if (!isJsonObject(part)) throw refuse(`${place.path} must be a string or a list of parts`);
    else readPart(part, { ...place, path: `${place.path}[${index}]` }, { texts, images, imagePlaces });
  }
  return { content: texts.join('\n'), images, imagePlaces };
}

interface Collected {
  readonly texts: string[];
  readonly images: string[];
  readonly imagePlaces: string[];
}

function readPart(part: Item, place: ContentPlace, into: Collected): void {
  const type = typeOf(part, 'text');
  const text = textIn(part, 'text') ?? textIn(part, 'refusal');
  if (imageTypes.has(type)) {
    const image = imageOf(part);
    if ('data' in image) {
      into.images.push(image.data);
      into.imagePlaces.push(place.path);
      return;
    }
    leaveOut(place, type, image.problem);
    into.texts.push('[image left out]');
  } else if (text !== undefined) into.texts.push(text);
  else {
    leaveOut(place, type, `parts of type "${type}" are not supported: use text and images`);
    const kind = notes.get(type);
    if (kind !== undefined) into.texts.push(`[${kind} left out]`);
  }
}

/** What stands in the prompt for a part that the conversation goes on to talk about. */
const notes: ReadonlyMap<string, string> = new Map([
  ['input_file', 'file'],
  ['input_audio', 'audio'],
]);

function leaveOut({ path, isQuestion, ignored }: ContentPlace, type: string, problem: string): void {
  if (isQuestion) throw refuse(`${path}: ${problem}`);
  ignored.add(`${path} (${type})`);
}

/** The base64 data of a `data:` URL. The server never fetches a URL for a client. */
function imageOf(part: Item): { data: string } | { problem: string } {
  const { image_url: given } = part;
  const url = isJsonObject(given) ? given.url : given;
  if (typeof url !== 'string') return { problem: 'image_url is required' };
  if (/^https?:/i.test(url)) {
    return { problem: 'image URLs are not currently supported, please use base64 encoded data instead' };
  }
  const data = /^data:(?:image\/(?:jpe?g|png|webp|gif))?;base64,(.+)$/s.exec(url)?.[1];
  return data === undefined ? { problem: 'invalid image input' } : { data };
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
