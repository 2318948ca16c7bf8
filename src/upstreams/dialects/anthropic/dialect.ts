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
    throw new OllamaError(
      'invalid-request',
      `the upstream "${upstream}" has Anthropic's API, which has no embeddings: name a model of another one`,
    );
  },
  vectors: () => ({ vectors: [], tokens: 0 }),
};
