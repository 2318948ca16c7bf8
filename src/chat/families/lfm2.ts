import type { Family } from './family.ts';
import { lfm2Renderer } from './lfm2/lfm2-renderer.ts';

export const lfm2: Family = {
  renderers: { lfm2: lfm2Renderer(false), 'lfm2-thinking': lfm2Renderer(true) },
};
