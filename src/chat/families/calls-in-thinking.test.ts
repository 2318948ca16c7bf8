/**
 * A whole call of a known tool inside of thinking that was never closed, in every family, and for every model that is read by
 * the markers of its template.
 */
import { describe, expect, it } from 'vitest';
import type { Tool } from '../../api/common.ts';
import { familyReading } from '../format/family-reading.ts';
import { goReading } from '../format/go-reading.ts';
import { markedReading } from '../format/jinja-reading.ts';
import type { OutputEvent, OutputParser } from '../output/output-parser.ts';
import { parserNamed, parserNames } from './families.ts';
import type { CallSyntax } from './family.ts';

const tools: Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { days: { type: 'integer' } } },
    },
  },
  { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
];
const lastMessage = { role: 'user', content: 'x' };
const marks = { open: '<think>', close: '</think>' };

interface Reader {
  readonly name: string;
  readonly syntax: CallSyntax;
  readonly parser: () => OutputParser;
  /** What brings the parser into the thinking, and out of it. */
  readonly start: string;
  readonly end: string;
  readonly answerStart: string;
}

/** Families that read thinking by themselves. */
function ownReaders(): Reader[] {
  return parserNames.flatMap((name) => {
    const family = parserNamed(name);
    if (!family?.callSyntax || !family.thinkingStart || !family.thinkingEnd) return [];
    // Cogito does not think if there are tools.
    if (name === 'cogito') return [];
    const input = { tools, think: true, lastMessage };
    const { callSyntax: syntax, thinkingStart, thinkingEnd: end, answerStart = '' } = family;
    const start = family.startsThinking?.(input) ? '' : thinkingStart;
    const parser = () => familyReading(family, input).parser;
    return [{ name, syntax, parser, start, end, answerStart }];
  });
}

/** Models with the marks of a family in their template, and think tags. */
function markedReaders(): Reader[] {
  return parserNames.flatMap((name) => {
    const family = parserNamed(name);
    if (!family?.callSyntax || (family.thinkingEnd && family.thinkingEnd !== marks.close)) return [];
    const read = () =>
      markedReading({ parser: name, thinking: marks }, { tools, think: true, lastMessage }, `x${marks.open}`);
    const parser = () => read().parser;
    return [{ name: `${name} by its template`, syntax: family.callSyntax, parser, ...tags }];
  });
}

const tags = { start: '', end: marks.close, answerStart: '' };

function goReaders(): Reader[] {
  return ['<tool_call>', '[TOOL_CALLS] [', 'functools[', '{'].flatMap((toolTag) => {
    const facts = { toolTag, thinkingTags: marks, canInsert: false };
    const read = () =>
      goReading(
        { text: '', facts, parser: undefined },
        { tools, think: true, lastMessage },
        `x${marks.open}`,
      );
    const { callSyntax } = read();
    if (!callSyntax) throw new Error(`no calls after ${toolTag}`);
    const parser = () => read().parser;
    return [{ name: `a Go template with ${toolTag}`, syntax: callSyntax, parser, ...tags }];
  });
}

function written({ syntax }: Reader, name = 'get_weather', days = 3): string {
  const { argumentSyntax: form } = syntax;
  const values =
    form.form === 'json' ? JSON.stringify({ days }) : `${form.before('days')}${days}${form.after}`;
  const text = syntax.open + syntax.beforeArguments(name) + values + syntax.afterArguments + syntax.close;
  // Without the header of a message, which would end the thinking.
  return text.slice(Math.max(0, text.indexOf('<atem:function_calls>')));
}

/** The events of a completion that arrives in pieces; texts of one type are joined. */
function eventsOf(parser: OutputParser, text: string, size: number, isCut = false): OutputEvent[] {
  const joined: OutputEvent[] = [];
  const add = (event: OutputEvent) => {
    const last = joined.at(-1);
    if (last && last.type !== 'tool-call' && last.type === event.type)
      joined[joined.length - 1] = { ...last, text: last.text + event.text };
    else joined.push(event);
  };
  for (let at = 0; at < text.length; at += size) parser.push(text.slice(at, at + size)).forEach(add);
  parser.end(isCut).forEach(add);
  return joined;
}

const thinking = (text: string): OutputEvent => ({ type: 'thinking', text });
const content = (text: string): OutputEvent => ({ type: 'content', text });
const call: OutputEvent = { type: 'tool-call', call: { name: 'get_weather', arguments: { days: 3 } } };
const SIZES = [1, 3, 1000];

/** Families whose calls are messages of their own, so that they end the thinking whatever follows. */
const isInMessages = ({ name }: Reader) => name === 'harmony';
/** Where nothing ends a call, text after it may belong to it until the completion ends. */
const hasNoEnd = (reader: Reader) =>
  isInMessages(reader) ||
  /^[\]\s]*$/.test(reader.syntax.close + reader.syntax.afterArguments.replace('}', ''));
/** A test only of the readers that it is about. */
const itWhere = (applies: boolean) => (name: string, test: () => void) => {
  if (applies) it(name, test);
};
const readers = [...ownReaders(), ...markedReaders(), ...goReaders()];

it('covers every family that has calls', () => {
  const named = new Set(readers.map(({ name }) => name.replace(' by its template', '')));
  const families = parserNames.filter((name) => parserNamed(name)?.callSyntax);
  expect(families.filter((name) => !named.has(name))).toEqual([]);
});

describe.each(readers.map((reader) => [reader.name, reader] as const))('%s', (_, reader) => {
  const all = (text: string, isCut = false) =>
    SIZES.map((size) => eventsOf(reader.parser(), reader.start + text, size, isCut));
  const each = (...events: OutputEvent[]) => SIZES.map(() => events);

  /** Harmony keeps the white space of its messages. */
  const space = isInMessages(reader) ? '\n' : '';

  it('makes a call inside of thinking that was never closed', () => {
    expect(all(`Hm é\n${written(reader)}`)).toEqual(each(thinking(`Hm é${space}`), call));
  });

  it('makes the call when the token limit ends the completion right after it', () => {
    expect(all(`Hm é\n${written(reader)}`, true)).toEqual(each(thinking(`Hm é${space}`), call));
  });

  itWhere(!isInMessages(reader))('leaves a call of an unknown tool in the thinking', () => {
    const text = `Hm é\n${written(reader, 'unknown')}`;
    expect(all(text)).toEqual(each(thinking(text)));
  });

  itWhere(!isInMessages(reader))('leaves text about tags in the thinking, and passes it on at once', () => {
    const open = reader.syntax.open.trim().replace(/[[{]$/, '');
    const text = `I write ${open} first, then a name.\nIs it ${open}? {No}.`;
    expect(all(text)).toEqual(each(thinking(text)));
    const parser = reader.parser();
    const pushed = parser.push(`${reader.start}${text} Yes`);
    expect(pushed.map((event) => (event.type === 'thinking' ? event.text : '')).join('')).toMatch(
      /\{No\}\. Yes$/,
    );
  });

  itWhere(!isInMessages(reader))('leaves a call in thinking that is closed and followed by an answer', () => {
    const thought = `Hm é\n${written(reader)}\nNo, that is wrong.`;
    const text = `${thought}${reader.end}${reader.answerStart}Yes.`;
    expect(all(text)).toEqual(each(thinking(thought), content('Yes.')));
  });

  itWhere(!isInMessages(reader))('makes a call that only the closing tag follows', () => {
    expect(all(`Hm é\n${written(reader)}${reader.end.replace('<|start|>assistant', '')}`)).toEqual(
      each(thinking('Hm é'), call),
    );
  });

  itWhere(!hasNoEnd(reader))('takes thinking that the token limit cuts for thinking', () => {
    const text = `Hm é\n${written(reader)}\nThat would be one way, but`;
    expect(all(text, true)).toEqual(each(thinking(text)));
  });

  itWhere(!hasNoEnd(reader))('holds back no more than a bounded part of the thinking', () => {
    const parser = reader.parser();
    let held = (reader.start + written(reader)).length;
    parser.push(`${reader.start}Hm\n${written(reader)}\n`);
    for (let count = 0; count < 5000; count++) {
      held += 4;
      for (const event of parser.push('and ')) held -= event.type === 'tool-call' ? 0 : event.text.length;
      expect(held).toBeLessThan(20_000);
    }
  });
});
