import type { Family } from './family.ts';
import { glimmerRenderer } from './glimmer/glimmer-renderer.ts';

export const glimmer: Family = { renderers: { glimmer: glimmerRenderer } };
