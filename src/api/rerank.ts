import { z } from 'zod';
import type { EmbedTimes } from './embed.ts';
import { loadFields } from './load-fields.ts';
import { requestObject } from './request-object.ts';

/** Far more than a search hands to a reranker. */
const MAX_DOCUMENTS = 100_000;

const documentSchema = z.union(
  [z.string(), requestObject({ text: z.string() }).transform(({ text }) => text)],
  {
    error: 'a document must be a text, or an object with a "text"',
  },
);

/** POST /api/rerank (not in Ollama's API; fields as in those of Cohere and Jina) */
export const rerankRequestSchema = requestObject({
  ...loadFields,
  query: z.string(),
  documents: z.array(documentSchema).max(MAX_DOCUMENTS),
  /** Results to give, the best ones; default all. */
  top_n: z.int().nonnegative().exactOptional(),
  /** Default true: the end of a document over the context length is left out, false: refused. */
  truncate: z.boolean().exactOptional(),
  return_documents: z.boolean().exactOptional(),
});

export type RerankRequest = z.infer<typeof rerankRequestSchema>;

interface RerankResult {
  /** Position in the request's `documents`. */
  index: number;
  /** What the model's head gives, larger is better: for most models a logit of any size, no probability. */
  relevance_score: number;
  document?: { text: string };
}

export interface RerankResponse extends EmbedTimes {
  model: string;
  /** Best first. */
  results: RerankResult[];
}
