import { withoutThinking } from '../output/hidden-thinking.ts';
import type { OutputEvent, OutputParser, ParsedCall, ParserInput } from '../output/output-parser.ts';
import type { Exit, Segment } from '../output/segment.ts';
import { SegmentParser } from '../output/segment-parser.ts';
import type { Family, ParserFamily } from './family.ts';
import { calls, lfm2Renderer, thought } from './lfm2/lfm2-renderer.ts';
import { answerSegments, hasBegunContent } from './shared/answer-segments.ts';
import { pythonicCalls } from './shared/pythonic-calls.ts';

const events = (made: readonly ParsedCall[]): OutputEvent[] => made.map((call) => ({ type: 'tool-call', call }));

/** `[f(a='x'), g()]` between two tags. */
function callExit(after: Segment): Exit {
  const body: Segment = {
    kind: 'body',
    exits: [
      {
        tag: calls.close,
        leave: (text) => {
          const made = pythonicCalls(text);
          if (made === 'open') return undefined;
          return made ? { next: after, events: events(made) } : 'text';
        },
      },
    ],
    unfinished: wholeCalls,
  };
  return { tag: calls.open, leave: () => ({ next: body }) };
}

/** Calls without the tags around them, as the model sometimes begins its answer: of known tools, and nothing else. */
function bareCalls({ tools }: ParserInput): Segment {
  const names = new Set(tools.map((tool) => tool.function.name));
  return {
    kind: 'body',
    exits: [],
    unfinished: (text) => (knows(names, pythonicCalls(text)) ? wholeCalls(text) : undefined),
  };
}

function wholeCalls(text: string): OutputEvent[] | undefined {
  const made = pythonicCalls(text);
  return made && made !== 'open' ? events(made) : undefined;
}

function knows(names: ReadonlySet<string>, made: ReturnType<typeof pythonicCalls>): boolean {
  return made !== undefined && made !== 'open' && made.every(({ name }) => names.has(name));
}
