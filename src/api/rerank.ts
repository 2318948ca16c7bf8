import { z } from 'zod';
import { listOf } from './bounded.ts';
import type { EmbedTimes } from './embed.ts';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** Far more than a search passes to a reranker. */
const MAX_DOCUMENTS = 100_000;

const documentSchema = z.union(
  [z.string(), requestObject({ text: z.string() }).transform(({ text }) => text)],
  {
    error: 'a document must be a string or an object with a "text" field',
  },
);

/** POST /api/rerank (not in Ollama's API; the fields are those of Cohere and Jina) */
export const rerankRequestSchema = requestObject({
  ...loadFields,
  query: z.string(),
  documents: listOf(documentSchema, MAX_DOCUMENTS),
  /** Number of best results to return; default all. */
  top_n: z.int().nonnegative().exactOptional(),
  /** Default true: a document longer than the context length is cut at its end. False: such a document is refused. */
  truncate: z.boolean().exactOptional(),
  return_documents: z.boolean().exactOptional(),
});

export type RerankRequest = z.infer<typeof rerankRequestSchema>;

interface RerankResult {
  /** Index into the request's `documents`. */
  index: number;
  /** The output of the model's head; larger is better. Most models return an unbounded logit, not a probability. */
  relevance_score: number;
  document?: { text: string };
}

export interface RerankResponse extends EmbedTimes {
  model: string;
  /** Best first. */
  results: RerankResult[];
}
