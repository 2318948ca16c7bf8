import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import type { PlainContent } from '../plain-content.ts';

/** Maximum number of parts in one message. Far above real use; it bounds our loops. */
const MAX_PARTS = 10_000;

const imageSchema = z.union([z.string().transform((url) => ({ url })), requestObject({ url: z.string() })]);

const partSchema = requestObject({
  type: z.string(),
  text: z.string().exactOptional(),
  refusal: z.string().exactOptional(),
  image_url: imageSchema.exactOptional(),
});

export const contentSchema = z.union([z.string(), listOf(partSchema, MAX_PARTS)], {
  error: 'content must be a string or a list of parts',
});

type Content = z.infer<typeof contentSchema>;

/** Collects the texts and images of content parts. @throws OllamaError `invalid-request` for any other part */
export function plainContent(content: Content | undefined): PlainContent {
  if (content === undefined) return { content: '', images: [] };
  if (typeof content === 'string') return { content, images: [] };
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of content) {
    if (part.type === 'image_url' || part.type === 'input_image') images.push(imageData(part.image_url?.url));
    else if (textTypes.has(part.type)) texts.push(part.text ?? part.refusal ?? '');
    else throw refuse(`content: parts of type "${part.type}" are not supported: use text and images`);
  }
  return { content: texts.join('\n'), images };
}

const textTypes = new Set(['text', 'refusal', 'input_text', 'output_text']);

/** Returns the base64 data of a `data:` URL. The server never fetches a URL for a client. */
function imageData(url: string | undefined): string {
  if (url === undefined) throw refuse('image_url is required');
  if (/^https?:/i.test(url)) {
    throw refuse('image URLs are not currently supported, please use base64 encoded data instead');
  }
  const data = /^data:(?:image\/(?:jpe?g|png|webp|gif))?;base64,(.+)$/s.exec(url)?.[1];
  if (data === undefined) throw refuse('invalid image input');
  return data;
}

function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
