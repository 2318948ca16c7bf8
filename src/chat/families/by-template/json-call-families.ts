import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { jsonCalls, leadingJsonCalls } from '../shared/json-call.ts';

interface JsonTags {
  readonly open: string;
  /** If absent, calls extend to the end of the completion. */
  readonly close?: string;
}

const callEvent = (call: ParsedCall): OutputEvent => ({ type: 'tool-call', call });

/** If no tag ends the calls, the remainder after them is text. */
function unfinishedCalls(text: string): OutputEvent[] | undefined {
  const { calls, rest } = leadingJsonCalls(text);
  if (calls.length === 0) return undefined;
  const after = rest.trim() === '' ? '' : rest.trimStart();
  return [...calls.map(callEvent), ...(after === '' ? [] : [{ type: 'content', text: after } as const])];
}

/** `[{"name": "f", "arguments": {}}]` after a tag. */
export function jsonCallFamily({ open, close }: JsonTags): ParserFamily {
  const content: Segment = {
    kind: 'content',
    trimsEnd: true,
    exits: [{ tag: open, leave: () => ({ next: body }) }],
  };
  const afterCall: Segment = { ...content, trimsStart: true };
  const leave = (text: string) => {
    const calls = jsonCalls(text);
    return calls ? { next: afterCall, events: calls.map(callEvent) } : ('text' as const);
  };
  const again: Exit = {
    tag: open,
    leave: (text) => {
      const calls = jsonCalls(text);
      return calls ? { next: body, events: calls.map(callEvent) } : 'text';
    },
  };
  const body: Segment = {
    kind: 'body',
    begins: ['[', '{'],
    hasStrings: true,
    exits: close === undefined ? [again] : [{ tag: close, leave }],
    unfinished: unfinishedCalls,
  };
  return {
    hasTools: true,
    hasThinking: false,
    visibleTokens: [open, close ?? ''].filter((tag) => tag.startsWith('<')),
    callSyntax: {
      open: `${open}[`,
      separator: ', ',
      close: `]${close ?? ''}`,
      beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, "arguments": `,
      afterArguments: '}',
      argumentSyntax: { form: 'json' },
    },
    create: () => new SegmentParser(content),
  };
}

/** Calls as JSON lists, in the formats of the models' published chat templates. */
export const jsonCallFamilies: Family = {
  parsers: {
    granite: jsonCallFamily({ open: '<|tool_call|>' }),
    'phi-4-mini': jsonCallFamily({ open: '<|tool_call|>', close: '<|/tool_call|>' }),
    functools: jsonCallFamily({ open: 'functools' }),
    'nemotron-toolcall': jsonCallFamily({ open: '<TOOLCALL>', close: '</TOOLCALL>' }),
  },
};
