import type { Tool } from '../../../api/common.ts';
import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { partialTagLength } from '../../output/tag-scan.ts';
import { repairableBegins, repairedCalls } from './repaired-calls.ts';

export interface TaggedCalls {
  readonly open: string;
  readonly close: string;
  /** The tools in the prompt: calls of them are repaired if `read` cannot read them. */
  readonly tools: readonly Tool[];
  /** The texts that the content between the tags may begin with; anything else is text. */
  readonly begins?: readonly string[];
  /** Whether the content is JSON, so that tags inside its strings are ignored. */
  readonly hasStrings?: boolean;
  /** Reads the content. `open`: the closing tag is part of a value, and more text will come; undefined: no calls. */
  readonly read: (body: string) => readonly ParsedCall[] | 'open' | undefined;
  /** Reads content whose closing tag is missing or incomplete; if absent, `read` is used. */
  readonly readUnfinished?: (body: string) => readonly ParsedCall[] | 'open' | undefined;
}

/** The exits that begin calls between two tags. @param after the segment after the calls */
export function taggedCalls({
  open,
  close,
  tools,
  begins,
  hasStrings = false,
  ...readers
}: TaggedCalls): (after: Segment) => Exit[] {
  const read = (body: string) => readers.read(body) ?? repairedCalls(body, tools);
  const readUnfinished = (body: string) =>
    readers.readUnfinished ? (readers.readUnfinished(body) ?? repairedCalls(body, tools)) : read(body);
  return (after) => {
    const segment: Segment = {
      kind: 'body',
      hasStrings,
      ...(begins && { begins: [...begins, ...repairableBegins] }),
      exits: [
        {
          tag: close,
          leave: (text) => {
            const calls = read(text);
            if (calls === 'open') return undefined;
            return calls ? { next: after, events: calls.map(callEvent) } : 'text';
          },
        },
      ],
      unfinished: (text) => {
        const calls = readUnfinished(text.slice(0, text.length - partialTagLength(text, [{ tag: close }])));
        return calls === 'open' ? undefined : calls?.map(callEvent);
      },
    };
    return [{ tag: open, leave: () => ({ next: segment }) }];
  };
}

export function callEvent(call: ParsedCall): OutputEvent {
  return { type: 'tool-call', call };
}
