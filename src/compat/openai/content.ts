import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import { IgnoredParts } from '../../api/ignored-parts.ts';
import { requestObject } from '../../api/request-object.ts';
import { isJsonObject } from '../../base/json-object.ts';
import { type ContentPlace, type PlainContent, PlainParts } from '../plain-content.ts';

/** Maximum number of parts in one message. Far above real use; it bounds our loops. */
export const MAX_PARTS = 10_000;

const textTypes = new Set(['text', 'refusal', 'input_text', 'output_text', 'summary_text', 'reasoning_text']);
const imageTypes = new Set(['image_url', 'input_image']);

/** What the parts are that no model can be given. */
const kinds: ReadonlyMap<string, string> = new Map([
  ['input_audio', 'audio'],
  ['audio', 'audio'],
  ['file', 'file'],
  ['input_file', 'file'],
  ['input_video', 'video'],
  ['video_url', 'video'],
]);

const imageSchema = z.union([z.string().transform((url) => ({ url })), requestObject({ url: z.string() })]);

const partSchema = z.preprocess(
  readablePart,
  requestObject({
    type: z.string().default('text'),
    text: z.string().exactOptional(),
    refusal: z.string().exactOptional(),
    image_url: imageSchema.exactOptional(),
  }),
);

export const contentSchema = z.union([z.string(), listOf(partSchema, MAX_PARTS)], {
  error: 'content must be a string or a list of parts',
});

type Content = z.infer<typeof contentSchema>;

/** A string among the parts is text; of a type that we do not know, only the type counts, whatever its fields are. */
function readablePart(part: unknown): unknown {
  if (typeof part === 'string') return { type: 'text', text: part };
  if (!isJsonObject(part) || typeof part.type !== 'string') return part;
  const { type } = part;
  return textTypes.has(type) || imageTypes.has(type) ? part : { type };
}

/** Content that the answer is about, for callers that do not know better. */
const unknownPlace = (): ContentPlace => ({ path: 'content', isAsked: true, ignored: new IgnoredParts() });

/**
 * Collects the texts and images of content parts.
 * @throws OllamaError `invalid-request` for a part that the answer is about and that no model can be given
 */
export function plainContent(
  content: Content | undefined,
  place: ContentPlace = unknownPlace(),
): PlainContent {
  if (content === undefined || typeof content === 'string') {
    return { content: content ?? '', images: [], imagePlaces: [] };
  }
  const parts = new PlainParts(place);
  for (const [index, { type, text, refusal, image_url: image }] of content.entries()) {
    addPart(parts, index, { type, text: text ?? refusal, url: image?.url });
  }
  return parts.end();
}

interface Part {
  readonly type: string;
  readonly text: string | undefined;
  readonly url: string | undefined;
}

/** @throws OllamaError as `PlainParts.leaveOut` */
export function addPart(parts: PlainParts, index: number, { type, text = '', url }: Part): void {
  const kind = kinds.get(type) ?? type;
  if (imageTypes.has(type)) addImage(parts, index, url);
  else if (textTypes.has(type)) parts.text(text);
  else parts.leaveOut(kind, index, `parts of type "${type}" are not supported: use text`);
}

const NO_URLS = 'image URLs are not currently supported, please use base64 encoded data instead';

/** Adds the image of a `data:` URL. The server never fetches a URL for a client. */
function addImage(parts: PlainParts, index: number, url = ''): void {
  const data = /^data:(?:image\/(?:jpe?g|png|webp|gif))?;base64,(.+)$/s.exec(url)?.[1];
  if (data !== undefined) parts.image(data, index);
  else parts.leaveOut('image', index, /^https?:/i.test(url) ? NO_URLS : 'invalid image input');
}
