import { deepseekocr } from './deepseekocr.ts';
import type { OneFileFamily } from './family.ts';
import { gemma3 } from './gemma3.ts';
import { gemma4 } from './gemma4.ts';
import { glmocr } from './glmocr.ts';
import { lfm2 } from './lfm2.ts';
import { llama4 } from './llama4.ts';
import { mistral3 } from './mistral3.ts';
import { qwen3vl } from './qwen3vl.ts';
import { qwen25vl } from './qwen25vl.ts';

/** The families whose one-file models can be read. Sources: Ollama's convert/ and llama/compat/. */
export const oneFileFamilies: readonly OneFileFamily[] = [
  gemma3,
  gemma4,
  mistral3,
  qwen25vl,
  qwen3vl,
  llama4,
  glmocr,
  deepseekocr,
  lfm2,
];
