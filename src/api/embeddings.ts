import { z } from 'zod';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** POST /api/embeddings, the predecessor of /api/embed */
export const embeddingsRequestSchema = requestObject({ ...loadFields, prompt: z.string().exactOptional() });

export type EmbeddingsRequest = z.infer<typeof embeddingsRequestSchema>;

export interface EmbeddingsResponse {
  /** Empty when the prompt is empty, which only loads the model. */
  embedding: number[];
}
