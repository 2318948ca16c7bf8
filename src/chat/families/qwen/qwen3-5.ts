import type { Family } from '../family.ts';
import { thinkingWithFunctionTags } from '../shared/thinking-with-function-tags.ts';
import { qwen35Renderer } from './qwen3-5-renderer.ts';
import { qwen38Effort, qwen38Messages } from './qwen3-8-messages.ts';

/** Sources: the model cards of Qwen/Qwen3.5, Qwen/Qwen3.8 and Ornith. */
export const qwen35: Family = {
  renderers: {
    'qwen3.5': qwen35Renderer({ findsThinking: true }),
    'qwen3.8': qwen35Renderer({
      keepsThinking: true,
      prepare: qwen38Messages,
      effort: qwen38Effort,
      takesAnyRole: true,
      skipsBlankSystem: true,
    }),
    ornith: qwen35Renderer({ keepsThinking: true, findsThinking: true }),
  },
  parsers: { 'qwen3.5': thinkingWithFunctionTags, ornith: thinkingWithFunctionTags },
};
