import { cohereRenderer } from './cohere/cohere-renderer.ts';
import type { Family } from './family.ts';

export const cohere: Family = { renderers: { cohere: cohereRenderer } };
