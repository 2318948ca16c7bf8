import type { JsonObject } from '../../../base/json-object.ts';
import type { Dialect } from '../dialect.ts';
import { countOf } from '../fields.ts';
import { ollamaEmbedding, ollamaRun } from './request.ts';

export const ollamaDialect: Dialect = {
  headers: (key) => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
  run: ollamaRun,
  embedding: ollamaEmbedding,
  vectors: (reply: JsonObject) => {
    const { embeddings } = reply;
    const vectors = Array.isArray(embeddings) ? embeddings.filter((vector) => Array.isArray(vector)) : [];
    return {
      vectors: vectors.map((vector: unknown[]) => vector.map(Number)),
      tokens: countOf(reply, 'prompt_eval_count'),
    };
  },
};
