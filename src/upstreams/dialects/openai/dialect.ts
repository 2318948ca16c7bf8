import type { Dialect } from '../dialect.ts';
import { openAiVectors } from './reader.ts';
import { openAiEmbedding, openAiRun } from './request.ts';

export const openAiDialect: Dialect = {
  headers: (key) => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
  run: openAiRun,
  embedding: openAiEmbedding,
  vectors: openAiVectors,
};
