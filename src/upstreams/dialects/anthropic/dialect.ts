import { OllamaError } from '../../../base/errors.ts';
import type { Dialect } from '../dialect.ts';
import { anthropicRun } from './request.ts';

const VERSION = '2023-06-01';

export const anthropicDialect: Dialect = {
  headers: (key) => ({
    'anthropic-version': VERSION,
    ...(key !== undefined && { 'x-api-key': key }),
  }),
  run: anthropicRun,
  embedding: (_asked, { upstream }) => {
    const message = `"${upstream}" has Anthropic's API, which has no embeddings: name a model of another upstream`;
    throw new OllamaError('invalid-request', message);
  },
  vectors: () => ({ vectors: [], tokens: 0 }),
};
