import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import { unquotedName } from '../../output/repair/names.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family } from '../family.ts';
import { answerSegments } from '../shared/answer-segments.ts';
import { type CallExits, callProbe } from '../shared/call-probe.ts';
import { repairedJsonObject } from '../shared/json-call.ts';
import { taggedCalls } from '../shared/tagged-calls.ts';

const section = { open: '<|tool_calls_section_begin|>', close: '<|tool_calls_section_end|>' };
const call = {
  open: '<|tool_call_begin|>',
  values: '<|tool_call_argument_begin|>',
  close: '<|tool_call_end|>',
};

/** The name of the tool in an ID such as `functions.get_weather:0`. */
const nameOf = (id: string): string =>
  unquotedName(id)
    .replace(/^functions\./, '')
    .replace(/:\d+$/, '');

/** A section of calls. */
const calls: CallExits = () => (after) => {
  /** Only white space may stand between calls. */
  const between: Segment = {
    kind: 'content',
    trimsStart: true,
    trimsEnd: true,
    get exits() {
      return [
        { tag: call.open, leave: () => ({ next: head }) },
        { tag: section.close, leave: () => ({ next: after }) },
      ];
    },
  };
  const head: Segment = {
    kind: 'body',
    exits: [{ tag: call.values, leave: (id) => ({ next: values(nameOf(id), between) }) }],
  };
  return [{ tag: section.open, leave: () => ({ next: between }) }];
};

/** A whole section, for calls in thinking: a section tag that is only mentioned must not be dropped there. */
const sections: CallExits = (tools) =>
  taggedCalls({ ...section, tools, begins: [call.open], read: sectionCalls });

function sectionCalls(body: string): ParsedCall[] | undefined {
  const parts = body.split(call.open);
  if (parts[0]?.trim() !== '') return undefined;
  const calls = parts.slice(1).map((part): ParsedCall | undefined => {
    const written = part.trimEnd();
    const at = written.indexOf(call.values);
    if (at < 0 || !written.endsWith(call.close)) return undefined;
    const name = nameOf(written.slice(0, at));
    const parsed = repairedJsonObject(written.slice(at + call.values.length, -call.close.length));
    return name !== '' && parsed ? { name, arguments: { ...parsed } } : undefined;
  });
  return calls.every((made) => made !== undefined) ? calls : undefined;
}

function values(name: string, between: Segment): Segment {
  const events = (body: string): OutputEvent[] | undefined => {
    const parsed = name === '' ? undefined : repairedJsonObject(body);
    return parsed && [{ type: 'tool-call', call: { name, arguments: { ...parsed } } }];
  };
  return {
    kind: 'body',
    hasStrings: true,
    exits: [
      {
        tag: call.close,
        leave: (body) => {
          const made = events(body);
          return made ? { next: between, events: made } : 'text';
        },
      },
    ],
    unfinished: events,
  };
}

/** Source of the format: "Tool call guidance" of moonshotai/Kimi-K2-Instruct. */
export const kimi: Family = {
  parsers: {
    kimi: {
      hasTools: true,
      hasThinking: false,
      visibleTokens: [...Object.values(section), ...Object.values(call)],
      callSyntax: {
        open: section.open,
        separator: '',
        close: section.close,
        beforeArguments: (name) => `${call.open}functions.${name}:0${call.values}`,
        afterArguments: call.close,
        argumentSyntax: { form: 'json' },
      },
      callProbe: callProbe(sections),
      create: ({ tools }) => new SegmentParser(answerSegments({ calls: calls(tools) }).content),
    },
  },
};
