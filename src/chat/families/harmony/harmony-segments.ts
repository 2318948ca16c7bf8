import type { OutputEvent } from '../../output/output-parser.ts';
import type { Exit, Segment } from '../../output/segment.ts';
import { repairedJsonObject } from '../shared/json-call.ts';

export const marks = {
  start: '<|start|>',
  end: '<|end|>',
  message: '<|message|>',
  channel: '<|channel|>',
  constrain: '<|constrain|>',
  call: '<|call|>',
  turnEnd: '<|return|>',
};

/** Where a completion begins: after `<|start|>assistant`, or inside an answer or thinking. */
export interface HarmonySegments {
  readonly header: Segment;
  readonly content: Segment;
  readonly thinking: Segment;
}

/**
 * Messages that each consist of a header with role, recipient (`to=functions.f`) and channel, in any order; `<|message|>`;
 * and a text.
 * @param names of tools by their identifiers in the prompt
 */
export function harmonySegments(names: ReadonlyMap<string, string>): HarmonySegments {
  const ends: Exit[] = [marks.end, marks.call, marks.turnEnd].map((tag) => ({
    tag,
    leave: () => ({ next: between }),
  }));
  const headerExits: Exit[] = [
    { tag: marks.start, leave: () => ({ next: laterHeader }) },
    { tag: marks.channel, leave: () => ({ next: channelHeader }) },
  ];
  const content: Segment = { kind: 'content', exits: [...ends, ...headerExits] };
  const thinking: Segment = { kind: 'thinking', exits: [...ends, ...headerExits] };
  const between: Segment = { kind: 'content', trimsStart: true, exits: [...ends, ...headerExits] };
  const opened = (header: string): Segment => {
    const { channel, recipient } = readHeader(header);
    // A model may invent results of tools; these are addressed to the assistant.
    if (recipient !== undefined && recipient !== 'assistant')
      return callBody(originalName(recipient, names), between, laterHeader);
    return channel === 'analysis' ? thinking : content;
  };
  const headerOf = (prefix: string): Segment => ({
    kind: 'body',
    exits: [{ tag: marks.message, leave: (text) => ({ next: opened(prefix + text) }) }],
  });
  const laterHeader = headerOf('');
  const channelHeader = headerOf(marks.channel);
  // A completion that begins with anything else does not follow the format, so it is text.
  const begins = [marks.channel, 'to=', marks.message, marks.constrain];
  return { header: { ...headerOf(''), begins }, content, thinking };
}

function readHeader(header: string): { channel: string | undefined; recipient: string | undefined } {
  return {
    channel: /<\|channel\|>\s*([^\s<]+)/.exec(header)?.[1],
    recipient: /(?:^|[\s>])to=([^\s<]+)/.exec(header)?.[1],
  };
}

function originalName(recipient: string, names: ReadonlyMap<string, string>): string {
  const identifier = recipient.replace(/^functions\./, '');
  return names.get(identifier) ?? identifier;
}

function callBody(name: string, next: Segment, header: Segment): Segment {
  const read = (text: string): OutputEvent[] | undefined => {
    const values = repairedJsonObject(text);
    return values && [{ type: 'tool-call', call: { name, arguments: { ...values } } }];
  };
  const exit = (tag: string, after: Segment): Exit => ({
    tag,
    leave: (text) => {
      const events = read(text);
      return events ? { next: after, events } : 'text';
    },
  });
  const exits = [exit(marks.call, next), exit(marks.end, next), exit(marks.start, header)];
  return { kind: 'body', hasStrings: true, exits, unfinished: read };
}
