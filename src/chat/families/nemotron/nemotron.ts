import type { Family } from '../family.ts';
import { thinkingWithFunctionTags } from '../shared/thinking-with-function-tags.ts';
import { nemotronRenderer } from './nemotron-renderer.ts';

/** Source: the model cards of nvidia/NVIDIA-Nemotron-3-Nano. */
export const nemotron: Family = {
  renderers: {
    'nemotron-3-nano': nemotronRenderer('3'),
    'nemotron-3.5-nano': nemotronRenderer('3.5'),
  },
  parsers: {
    'nemotron-3-nano': thinkingWithFunctionTags,
    'nemotron-3.5-nano': thinkingWithFunctionTags,
  },
};
