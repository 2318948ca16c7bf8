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
const audioTypes = new Set(['input_audio']);
const fileTypes = new Set(['file', 'input_file']);

/** What the parts are that no model can be given. */
const kinds: ReadonlyMap<string, string> = new Map([
  ['audio', 'audio'],
  ['input_video', 'video'],
  ['video_url', 'video'],
]);

const imageSchema = z.union([z.string().transform((url) => ({ url })), requestObject({ url: z.string() })]);

/** The format is not needed: the data begin with it. */
const audioSchema = requestObject({ data: z.string().default(''), format: z.unknown().optional() });

const fileSchema = requestObject({
  /** A `data:` URL or plain base64. */
  file_data: z.string().exactOptional(),
  filename: z.string().exactOptional(),
  file_id: z.string().exactOptional(),
});

const partSchema = z.preprocess(
  readablePart,
  requestObject({
    type: z.string().default('text'),
    text: z.string().exactOptional(),
    refusal: z.string().exactOptional(),
    image_url: imageSchema.exactOptional(),
    input_audio: audioSchema.exactOptional(),
    file: fileSchema.exactOptional(),
    /** Why a file has no text that can be read. */
    problem: z.string().exactOptional().meta({ internal: true }),
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
  return [textTypes, imageTypes, audioTypes, fileTypes].some((types) => types.has(type)) ? part : { type };
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
  for (const [index, part] of content.entries()) {
    const { type, text, refusal, image_url: image, input_audio: audio, file, problem } = part;
    const unread = problem ?? fileProblem({ ...file });
    addPart(parts, index, { type, text: text ?? refusal, url: image?.url, audio: audio?.data, unread });
  }
  return parts.end();
}

interface Part {
  readonly type: string;
  readonly text: string | undefined;
  readonly url: string | undefined;
  /** Base64. */
  readonly audio: string | undefined;
  /** Why a file was not read. */
  readonly unread: string;
}

/** Why a file has not been read: whatever can be, is a text by now. */
export function fileProblem({
  file_id: id,
  file_url: url,
}: {
  file_id?: unknown;
  file_url?: unknown;
}): string {
  if (id !== undefined)
    return 'files are not stored here: send the PDF file as "file_data" instead of "file_id"';
  if (url !== undefined)
    return 'files at URLs are fetched only from hosts in OLLAMA_FETCH_IMAGES: send the PDF file as "file_data"';
  return 'the file has no "file_data": send the PDF file as a data URL';
}

/** @throws OllamaError as `PlainParts.leaveOut` */
export function addPart(parts: PlainParts, index: number, part: Part): void {
  const { type, text = '', url, audio = '', unread } = part;
  const kind = kinds.get(type) ?? type;
  if (imageTypes.has(type)) addImage(parts, index, url);
  else if (audioTypes.has(type)) parts.medium(withoutUrl(audio), index, 'audio');
  else if (textTypes.has(type)) parts.text(text);
  else if (fileTypes.has(type)) parts.leaveOut('file', index, unread);
  else parts.leaveOut(kind, index, `parts of type "${type}" are not supported: use text`);
}

/** Some clients send sound as a `data:` URL. */
function withoutUrl(text: string): string {
  return dataUrl.exec(text)?.[1] ?? text;
}

/**
 * A URL with base64 of any type; what it really is, its first bytes say. It has a parameter or two: the expression has
 * no memory for a million.
 */
const dataUrl = /^data:[\w.+/-]*(?:;[\w.+-]+=[\w.+-]*){0,10};base64,(.+)$/s;

/** The beginning is Ollama's text. A URL that the server may fetch has been replaced by its content before. */
const NO_URLS =
  'image URLs are not currently supported, please use base64 encoded data instead; or allow the server to fetch from this host (OLLAMA_FETCH_IMAGES)';

/** Adds the image of a `data:` URL. */
function addImage(parts: PlainParts, index: number, url = ''): void {
  const data = dataUrl.exec(url)?.[1];
  if (data !== undefined) parts.medium(data, index);
  else parts.leaveOut('image', index, /^https?:/i.test(url) ? NO_URLS : 'invalid image input');
}
