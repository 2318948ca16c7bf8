import type { ConfiguredUpstream } from '../../config/file/config-file.ts';
import { anthropicDialect } from '../dialects/anthropic/dialect.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { ollamaDialect } from '../dialects/ollama/dialect.ts';
import { openAiDialect } from '../dialects/openai/dialect.ts';

export const dialects: Readonly<Record<ConfiguredUpstream['kind'], Dialect>> = {
  openai: openAiDialect,
  ollama: ollamaDialect,
  anthropic: anthropicDialect,
};
