import type { Tool } from '../../../api/common.ts';
import type { OutputEvent } from '../../output/output-parser.ts';
import { withoutClosingTags } from '../../output/repair/json-repairs.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family, ParserFamily } from '../family.ts';
import { answerSegments } from '../shared/answer-segments.ts';
import { type CallExits, callProbe } from '../shared/call-probe.ts';
import { jsonCalls, leadingJsonCalls, readRepairedJson } from '../shared/json-call.ts';
import { repairableBegins, repairedCalls } from '../shared/repaired-calls.ts';
import { callEvent } from '../shared/tagged-calls.ts';

interface JsonTags {
  readonly open: string;
  /** If absent, calls extend to the end of the completion. */
  readonly close?: string;
}

/** If no tag ends the calls, the remainder after them is text. */
function unfinishedCalls(text: string, tools: readonly Tool[]): OutputEvent[] | undefined {
  const names = new Set(tools.map((tool) => tool.function.name));
  const strict = leadingJsonCalls(text);
  const { calls, rest } = strict.calls.length > 0 ? strict : leadingJsonCalls(text, readRepairedJson);
  const isRepaired = strict.calls.length === 0;
  if (calls.length === 0 || (isRepaired && !calls.every(({ name }) => names.has(name))))
    return repairedCalls(text, tools)?.map(callEvent);
  const after = withoutStrayEnd(rest).trim() === '' ? '' : rest.trimStart();
  return [...calls.map(callEvent), ...(after === '' ? [] : [{ type: 'content', text: after } as const])];
}

/** Without brackets and closing tags too many, which nothing follows. */
function withoutStrayEnd(text: string): string {
  const rest = withoutClosingTags(text);
  return /^[\s}\]]*$/.test(rest) ? '' : text;
}

/** The exits to calls as JSON after a tag. */
function jsonCallExits({ open, close }: JsonTags): CallExits {
  return (tools) => (after) => {
    const read = (text: string) => jsonCalls(text) ?? repairedCalls(text, tools);
    const exit = (tag: string, next: () => Segment): Exit => ({
      tag,
      leave: (text) => {
        const calls = read(text);
        return calls ? { next: next(), events: calls.map(callEvent) } : 'text';
      },
    });
    const body: Segment = {
      kind: 'body',
      begins: repairableBegins,
      hasStrings: true,
      exits: [close === undefined ? exit(open, () => body) : exit(close, () => after)],
      unfinished: (text) => unfinishedCalls(text, tools),
    };
    return [{ tag: open, leave: () => ({ next: body }) }];
  };
}

/** `[{"name": "f", "arguments": {}}]` after a tag. */
export function jsonCallFamily(tags: JsonTags): ParserFamily {
  const { open, close } = tags;
  const calls = jsonCallExits(tags);
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
    callProbe: callProbe(calls),
    create: ({ tools }) => new SegmentParser(answerSegments({ calls: calls(tools) }).content),
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
