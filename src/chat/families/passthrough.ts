import { SegmentParser } from '../output/segment-parser.ts';
import type { Family } from './family.ts';

/** Returns completions unchanged. */
export const passthrough: Family = {
  parsers: {
    passthrough: {
      hasTools: false,
      hasThinking: false,
      visibleTokens: [],
      create: () => new SegmentParser({ kind: 'content', exits: [] }),
    },
  },
};
