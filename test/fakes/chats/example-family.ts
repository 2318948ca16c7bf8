import type { Message } from '../../../src/api/common.ts';
import type { CallSyntax, Family, ParserFamily, Renderer } from '../../../src/chat/families/family.ts';
import { answerSegments } from '../../../src/chat/families/shared/answer-segments.ts';
import { callProbe } from '../../../src/chat/families/shared/call-probe.ts';
import { jsonCalls } from '../../../src/chat/families/shared/json-call.ts';
import { jsonText } from '../../../src/chat/families/shared/json-text.ts';
import type { OutputEvent } from '../../../src/chat/output/output-parser.ts';
import type { Exit, Segment } from '../../../src/chat/output/segment.ts';
import { SegmentParser } from '../../../src/chat/output/segment-parser.ts';

const thought = { start: '<hm>', end: '</hm>' };
const call = { open: '<do>', close: '</do>' };

/** Turns messages into a prompt. */
const renderer: Renderer = {
  render({ messages, tools }) {
    const list = tools.length === 0 ? '' : `<can>${jsonText(tools)}</can>`;
    return `${list}${messages.map(turn).join('')}<bird>`;
  },
};

function turn({ role, content, tool_calls: calls = [] }: Message): string {
  const written = calls.map(({ function: made }) => call.open + jsonText(made) + call.close);
  return `<${role}>${content}${written.join('')}`;
}

/** What is between the tags of a call: parsed when the closing tag arrives, kept as text when it never does. */
function callExits(after: Segment): Exit[] {
  const events = (text: string) =>
    jsonCalls(text)?.map((made): OutputEvent => ({ type: 'tool-call', call: made }));
  const body: Segment = {
    kind: 'body',
    begins: ['{'],
    hasStrings: true,
    exits: [
      {
        tag: call.close,
        leave: (text) => {
          const made = events(text);
          return made ? { next: after, events: made } : 'text';
        },
      },
    ],
    unfinished: events,
  };
  return [{ tag: call.open, leave: () => ({ next: body }) }];
}

/** For `tool_choice`: the grammar that forces a model to make a call is built from this. */
const callSyntax: CallSyntax = {
  open: call.open,
  separator: call.close + call.open,
  close: call.close,
  beforeArguments: (name) => `{"name": ${JSON.stringify(name)}, "arguments": `,
  afterArguments: '}',
  argumentSyntax: { form: 'json' },
};

const parser: ParserFamily = {
  hasTools: true,
  hasThinking: true,
  visibleTokens: [...Object.values(thought), ...Object.values(call)],
  thinkingStart: thought.start,
  thinkingEnd: thought.end,
  callSyntax,
  callProbe: callProbe(() => callExits),
  create: () => new SegmentParser(answerSegments({ calls: callExits, thinking: thought }).contentOrThinking),
};

export const parrot: Family = { renderers: { parrot: renderer }, parsers: { parrot: parser } };
