import type { Tool } from '../../../api/common.ts';
import type { OutputEvent, ParsedCall } from '../../output/output-parser.ts';
import type { Segment } from '../../output/segment.ts';
import type { CallExits } from '../shared/call-probe.ts';
import { repairedCalls } from '../shared/repaired-calls.ts';
import { nearlyXmlCalls, type XmlSyntax } from '../shared/xml-calls.ts';
import { namespaceOf } from './tool-definitions.ts';

export const marks = { start: '<|start|>', message: '<|message|>', end: '<|eom|>', turnEnd: '<|eot|>' };
export const block = { open: '<atem:function_calls>', close: '</atem:function_calls>' };
export const syntax: XmlSyntax = {
  call: '<atem:invoke name="',
  callEnd: '</atem:invoke>',
  argument: '<atem:parameter name="',
  argumentEnd: '</atem:parameter>',
  nameEnd: '">',
};

/** Messages of the assistant: a header with a recipient, `<|message|>`, the text or a call, and an end mark. */
export function glimmerSegments(tools: readonly Tool[]): Segment {
  const exits = [
    ...[marks.end, marks.turnEnd].map((tag) => ({ tag, leave: () => ({ next: start }) })),
    { tag: `${marks.start}assistant to=`, leave: () => ({ next: header }) },
    { tag: `${marks.start}assistant${marks.message}`, leave: () => ({ next: content }) },
  ];
  const bareCall = callBody(tools, '', () => start);
  // The model may address a call to the wrong recipient, or to no recipient.
  const callExits = tools.length > 0 ? [{ tag: block.open, leave: () => ({ next: bareCall }) }] : [];
  const content: Segment = { kind: 'content', startExits: callExits, exits };
  const thinking: Segment = { kind: 'thinking', exits };
  const call = callBody(tools, block.open, () => start);
  const header: Segment = {
    kind: 'body',
    exits: [
      {
        tag: marks.message,
        leave: (body) => {
          const recipient = body.trim();
          if (recipient === 'self') return { next: thinking };
          return { next: declaredName(recipient, tools) === undefined ? content : call };
        },
      },
    ],
  };
  const start: Segment = {
    kind: 'content',
    trimsStart: true,
    startExits: [
      { tag: 'to=', leave: () => ({ next: header }) },
      { tag: marks.message, leave: () => ({ next: content }) },
      ...callExits,
    ],
    exits,
  };
  return start;
}

/** The tags that begin a block of calls anywhere in a text. */
export const blockCalls: CallExits = (tools) => (after) => [
  { tag: block.open, leave: () => ({ next: callBody(tools, '', () => after) }) },
];

/** A block of calls; `prefix` is the part of its opening that is still to come. A message without a block is text. */
function callBody(tools: readonly Tool[], prefix: string, next: () => Segment): Segment {
  const read = (body: string): ParsedCall[] | 'open' | undefined => {
    const text = body.trim();
    if (!text.startsWith(prefix)) return undefined;
    const plain = withPlainNames(tools);
    const written = text.slice(prefix.length);
    const calls = nearlyXmlCalls(withRepairedName(written), syntax, plain) ?? repairedCalls(written, plain);
    return calls === 'open' ? calls : declaredCalls(calls, tools);
  };
  return {
    kind: 'body',
    exits: [
      {
        tag: block.close,
        leave: (body) => {
          const calls = read(body);
          if (calls === 'open') return undefined;
          return calls ? { next: next(), events: calls.map(callEvent) } : 'text';
        },
      },
      ...[marks.end, marks.turnEnd].map((tag) => ({
        tag,
        leave: (body: string) => ({ next: next(), events: body === '' ? [] : [contentEvent(body, prefix)] }),
      })),
    ],
  };
}

const callEvent = (call: ParsedCall): OutputEvent => ({ type: 'tool-call', call });

const contentEvent = (body: string, prefix: string): OutputEvent => ({
  type: 'content',
  text: prefix === '' ? block.open + body : body,
});

function declaredCalls(
  calls: readonly ParsedCall[] | undefined,
  tools: readonly Tool[],
): ParsedCall[] | undefined {
  const declared = calls?.flatMap((call) => {
    const name = declaredName(call.name, tools);
    return name === undefined ? [] : [{ ...call, name }];
  });
  return declared && declared.length === calls?.length ? declared : undefined;
}

/** A tool may be addressed with its namespace: `read` as `read.read`. */
function declaredName(name: string, tools: readonly Tool[]): string | undefined {
  const names = new Set(tools.map((tool) => tool.function.name));
  if (name !== '' && names.has(name)) return name;
  const dot = name.indexOf('.');
  const rest = name.slice(dot + 1);
  return dot > 0 && names.has(rest) && namespaceOf(rest) === name.slice(0, dot) ? rest : undefined;
}

/** The tools, each under both of its names. */
const withPlainNames = (tools: readonly Tool[]): Tool[] =>
  tools.flatMap((tool) => {
    const { name } = tool.function;
    return [tool, { ...tool, function: { ...tool.function, name: `${namespaceOf(name)}.${name}` } }];
  });

/** The model tends to write `<|message|>` at the end of the name of a call, or instead of the text that ends it. */
function withRepairedName(text: string): string {
  const body = text.trim();
  const first = body.indexOf(syntax.argument);
  const end = body.indexOf(syntax.nameEnd);
  const head = body.slice(0, first < 0 ? undefined : first);
  if (end >= 0 && end < head.length) {
    return body.slice(0, end).replaceAll(marks.message, '') + body.slice(end);
  }
  return head.replace(marks.message, syntax.nameEnd) + body.slice(head.length);
}
