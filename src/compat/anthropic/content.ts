import { z } from 'zod';
import { listOf } from '../../api/bounded.ts';
import { requestObject } from '../../api/request-object.ts';
import { isJsonObject, type JsonObject } from '../../base/json-object.ts';

/** Far above real use; it bounds our loops. */
const MAX_BLOCKS = 10_000;

/** Blocks whose fields we know. Of all others, whatever text they have is read (`foreign-block.ts`). */
const knownTypes = new Set([
  ...['text', 'image', 'document', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result'],
]);

const sourceSchema = requestObject({
  type: z.string(),
  media_type: z.string().exactOptional(),
  data: z.string().exactOptional(),
  /** The text or blocks that a document consists of. */
  content: z.unknown().optional(),
  url: z.string().exactOptional(),
  file_id: z.string().exactOptional(),
  /** Why a document of the type "unreadable" has no text: one that was sent as a file. */
  problem: z.string().exactOptional().meta({ internal: true }),
});

/** Fields of the blocks that a message and the result of a tool can have. */
const innerFields = {
  type: z.string().default('text'),
  text: z.string().exactOptional(),
  source: sourceSchema.exactOptional(),
  title: z.string().exactOptional(),
  context: z.string().exactOptional(),
  citations: z.unknown().optional(),
  cache_control: z.unknown().optional(),
  /** Read from blocks of other types. */
  tool_name: z.unknown().optional(),
  tool: z.unknown().optional(),
  tool_references: z.unknown().optional(),
  url: z.unknown().optional(),
  stdout: z.unknown().optional(),
  stderr: z.unknown().optional(),
  error_code: z.unknown().optional(),
  server_name: z.unknown().optional(),
  file_id: z.unknown().optional(),
  /** A block of another type, as it was sent. */
  foreign: z.custom<JsonObject>().exactOptional().meta({ internal: true }),
};

const innerBlockSchema = z.preprocess(readableBlock, requestObject(innerFields));

/** The content of a tool's result. A single block is as good as a list of one. */
const resultContent = z.preprocess(
  (content) => (isJsonObject(content) ? [content] : content),
  z.union([z.string(), listOf(innerBlockSchema, MAX_BLOCKS)], {
    error: 'content must be a string or a list of blocks',
  }),
);

const blockSchema = z.preprocess(
  readableBlock,
  requestObject({
    ...innerFields,
    thinking: z.string().exactOptional(),
    signature: z.string().exactOptional(),
    data: z.string().exactOptional(),
    id: z.string().exactOptional(),
    name: z.string().exactOptional(),
    /** An object; some clients send JSON text. */
    input: z.unknown().optional(),
    caller: z.unknown().optional(),
    tool_use_id: z.string().exactOptional(),
    is_error: z.boolean().exactOptional(),
    content: resultContent.exactOptional(),
  }),
);

export const blocksSchema = z.union(
  [z.string().transform((text): Block[] => [{ type: 'text', text }]), listOf(blockSchema, MAX_BLOCKS)],
  { error: 'content must be a string or a list of blocks' },
);

export type InnerBlock = z.infer<typeof innerBlockSchema>;
export type Block = z.infer<typeof blockSchema>;

/** Keeps a block of another type whole, whatever its fields are. A string among the blocks is text. */
function readableBlock(block: unknown): unknown {
  if (typeof block === 'string') return { type: 'text', text: block };
  if (!isJsonObject(block) || typeof block.type !== 'string' || knownTypes.has(block.type)) return block;
  return { type: block.type, foreign: block };
}

/** The blocks of a value that was not checked; what is no block becomes none. */
export function blocksOf(value: unknown): InnerBlock[] {
  const items: unknown[] = Array.isArray(value) ? value.slice(0, MAX_BLOCKS) : [value];
  return items.flatMap((item) => {
    const { data } = innerBlockSchema.safeParse(item);
    return data ? [data] : [];
  });
}
