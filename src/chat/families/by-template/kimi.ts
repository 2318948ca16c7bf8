import type { OutputEvent } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import { SegmentParser } from '../../output/segment-parser.ts';
import type { Family } from '../family.ts';
import { jsonObject } from '../shared/json-call.ts';

const section = { open: '<|tool_calls_section_begin|>', close: '<|tool_calls_section_end|>' };
const call = {
  open: '<|tool_call_begin|>',
  values: '<|tool_call_argument_begin|>',
  close: '<|tool_call_end|>',
};

/** The name of the tool in an ID such as `functions.get_weather:0`. */
const nameOf = (id: string): string =>
  id
    .trim()
    .replace(/^functions\./, '')
    .replace(/:\d+$/, '');

const content: Segment = {
  kind: 'content',
  trimsEnd: true,
  exits: [{ tag: section.open, leave: () => ({ next: between }) }],
};
const afterCalls: Segment = { ...content, trimsStart: true };
/** Only white space may stand between calls. */
const between: Segment = {
  kind: 'content',
  trimsStart: true,
  trimsEnd: true,
  exits: [
    { tag: call.open, leave: () => ({ next: head }) },
    { tag: section.close, leave: () => ({ next: afterCalls }) },
  ],
};
const head: Segment = {
  kind: 'body',
  exits: [{ tag: call.values, leave: (id) => ({ next: values(nameOf(id)) }) }],
};

function values(name: string): Segment {
  const events = (body: string): OutputEvent[] | undefined => {
    const parsed = name === '' ? undefined : jsonObject(body);
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
      create: () => new SegmentParser(content),
    },
  },
};
