import type { Family } from './family.ts';
import { functionGemmaRenderer } from './gemma/functiongemma-renderer.ts';

export const functiongemma: Family = {
  renderers: { functiongemma: functionGemmaRenderer },
};
