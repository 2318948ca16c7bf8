import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { partialTagLength } from '../../output/tag-scan.ts';

export interface TaggedCalls {
  readonly open: string;
  readonly close: string;
  /** What is between the tags begins with one of these; anything else is text. */
  readonly begins?: readonly string[];
  /** JSON is between the tags: tags inside of its strings are none. */
  readonly hasStrings?: boolean;
  /** `open`: the closing tag belongs to a value, and there is more to come; undefined = no calls. */
  readonly read: (body: string) => readonly ParsedCall[] | 'open' | undefined;
  /** The same of a body whose closing tag never came, or came in part; absent = as `read`. */
  readonly readUnfinished?: (body: string) => readonly ParsedCall[] | 'open' | undefined;
}

/** What begins calls between two tags, and what they are. `after` is what follows them. */
export function taggedCalls({
  open,
  close,
  read,
  readUnfinished = read,
  ...body
}: TaggedCalls): (after: Segment) => Exit[] {
  return (after) => {
    const segment: Segment = {
      kind: 'body',
      ...body,
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
