import type { Tool } from '../../../api/common.ts';
import type { OutputEvent } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import type { CallSyntax } from '../family.ts';
import { repairedCalls } from '../shared/repaired-calls.ts';
import { callEvent } from '../shared/tagged-calls.ts';
import { readBraceCall } from './brace-reader.ts';

interface CallTags {
  readonly open: string;
  readonly close: string;
  readonly quote: string;
}

/** One call between two tags. A call that cannot be read is text. */
export function braceCallBody(tags: CallTags, tools: readonly Tool[], next: () => Segment): Segment {
  const text = (body: string): OutputEvent => ({ type: 'content', text: tags.open + body });
  return {
    kind: 'body',
    exits: [
      {
        tag: tags.close,
        leave: (body) => {
          const call = readBraceCall(body, tags.quote, tools, 'ended');
          if (call === 'open') return undefined;
          if (call) return { next: next(), events: [callEvent(call)] };
          const repaired = repairedCalls(body, tools)?.map(callEvent);
          return { next: next(), events: repaired ?? [text(body + tags.close)] };
        },
      },
    ],
    unfinished: (body) => {
      const whole = readBraceCall(body, tags.quote, tools, 'unended');
      if (whole && whole !== 'open') return [{ type: 'tool-call', call: whole }];
      // A closing tag seemed to be inside a string, but the string never ended.
      const end = body.indexOf(tags.close);
      const forced = end < 0 ? undefined : readBraceCall(body.slice(0, end), tags.quote, tools, 'forced');
      if (!forced || forced === 'open') return undefined;
      const rest = body.slice(end + tags.close.length);
      return [
        { type: 'tool-call', call: forced },
        ...(rest === '' ? [] : [{ type: 'content', text: rest } as const]),
      ];
    },
  };
}

export function braceCallSyntax({ open, close, quote }: CallTags): CallSyntax {
  return {
    open,
    separator: close + open,
    close,
    beforeArguments: (name) => `call:${name}{`,
    afterArguments: '}',
    argumentSyntax: {
      form: 'pairs',
      before: (key) => `${key}:`,
      after: '',
      separator: ',',
      values: { open: quote, close: quote },
    },
  };
}
