import { z } from 'zod';
import { jsonObjectSchema, listOf } from '../../api/bounded.ts';
import { requestObject } from '../../api/request-object.ts';
import { OllamaError } from '../../base/errors.ts';
import type { PlainContent } from '../plain-content.ts';

/** Far above real use; it bounds our loops. */
const MAX_BLOCKS = 10_000;

const sourceSchema = requestObject({
  type: z.string(),
  media_type: z.string().exactOptional(),
  data: z.string().exactOptional(),
});

/** A content block in the result of a tool. */
const innerBlockSchema = requestObject({
  type: z.string(),
  text: z.string().exactOptional(),
  source: sourceSchema.exactOptional(),
  title: z.string().exactOptional(),
  cache_control: z.unknown().optional(),
});

const blockSchema = requestObject({
  type: z.string(),
  text: z.string().exactOptional(),
  source: sourceSchema.exactOptional(),
  thinking: z.string().exactOptional(),
  signature: z.string().exactOptional(),
  data: z.string().exactOptional(),
  id: z.string().exactOptional(),
  name: z.string().exactOptional(),
  input: jsonObjectSchema.exactOptional(),
  tool_use_id: z.string().exactOptional(),
  is_error: z.boolean().exactOptional(),
  content: z.union([z.string(), listOf(innerBlockSchema, MAX_BLOCKS)]).exactOptional(),
  title: z.string().exactOptional(),
  citations: z.unknown().optional(),
  cache_control: z.unknown().optional(),
});

export const blocksSchema = z.union(
  [z.string().transform((text) => [{ type: 'text', text }]), listOf(blockSchema, MAX_BLOCKS)],
  { error: 'content must be a string or a list of blocks' },
);

export type Block = z.infer<typeof blockSchema>;
type InnerBlock = z.infer<typeof innerBlockSchema>;

/** Collects the texts and images of content blocks. @throws OllamaError `invalid-request` for any other block */
export function plainBlocks(blocks: string | readonly InnerBlock[] | undefined): PlainContent {
  if (blocks === undefined || typeof blocks === 'string') return { content: blocks ?? '', images: [] };
  const texts: string[] = [];
  const images: string[] = [];
  for (const block of blocks) {
    if (block.type === 'text') texts.push(block.text ?? '');
    else if (block.type === 'image') images.push(imageData(block));
    else if (block.type === 'document') texts.push(documentText(block));
    else
      throw refuse(
        `content blocks of type "${block.type}" are not supported: use "text", "image" or "document"`,
      );
  }
  return { content: texts.join('\n'), images };
}

function imageData({ source }: InnerBlock): string {
  if (source?.type === 'base64' && source.data) return source.data;
  throw refuse(`invalid image source type: ${source?.type ?? 'none'}. Only base64 images are supported.`);
}

function documentText({ source, title }: InnerBlock): string {
  if (source?.type !== 'text') {
    throw refuse(`documents of type "${source?.type ?? 'none'}" are not supported: use plain text`);
  }
  return `${title === undefined ? '' : `${title}\n\n`}${source.data ?? ''}`;
}

export function refuse(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}
