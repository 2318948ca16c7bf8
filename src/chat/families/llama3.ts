import { SegmentParser } from '../output/segment-parser.ts';
import { StagedParser } from '../output/staged-parser.ts';
import { bareJsonParser } from './by-template/bare-json-calls.ts';
import type { Family } from './family.ts';

const PYTHON = '<|python_tag|>';

/**
 * Calls as JSON at the start of the answer, with or without a tag before them, separated by semicolons.
 * Source: the model card of meta-llama/Llama-3.1-8B-Instruct.
 */
export const llama3: Family = {
  parsers: {
    llama3: {
      ...bareJsonParser,
      visibleTokens: [PYTHON],
      create: (input) => {
        const rest = { kind: 'content', exits: [] } as const;
        const startExits = [{ tag: PYTHON, leave: () => ({ next: rest }) }];
        const tag = new SegmentParser({ kind: 'content', startExits, exits: [] });
        return new StagedParser(tag, bareJsonParser.create(input));
      },
    },
  },
};
