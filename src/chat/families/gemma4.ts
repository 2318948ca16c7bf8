import type { Family } from './family.ts';
import { gemma4Renderer } from './gemma/gemma4-renderer.ts';

export const gemma4: Family = {
  renderers: {
    gemma4: gemma4Renderer(false),
    'gemma4-small': gemma4Renderer(false),
    'gemma4-large': gemma4Renderer(true),
  },
};
