import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Message, Tool } from '../../../src/api/common.ts';
import type { Think } from '../../../src/api/think.ts';
import type { OutputEvent, OutputParser, ParserInput } from '../../../src/chat/output/output-parser.ts';
import { rounds } from '../../scale.ts';

/** A completion and its parts; adjacent texts of one type count as one. */
export interface ParserFixture {
  readonly name: string;
  readonly output: string;
  readonly events: readonly OutputEvent[];
  readonly tools?: readonly Tool[];
  readonly think?: Think;
  readonly lastMessage?: Message;
}

/** Ways in which each fixture is cut at random. */
const WAYS = rounds({ change: 10, long: 50, nightly: 1000 });
const TIMEOUT_MS = rounds({ change: 20_000, long: 20_000, nightly: 120_000 });

interface Creates {
  create(input: ParserInput): OutputParser;
}

/**
 * Parses each fixture as a whole, cut in two at every byte, byte by byte, and in many random ways; the events must
 * always be the same.
 */
export function proveParser(title: string, parser: Creates, fixtures: readonly ParserFixture[]): void {
  describe(title, () => {
    for (const fixture of fixtures) {
      const bytes = Buffer.from(fixture.output);
      const events = [...fixture.events];
      it(`${fixture.name}: whole`, () => expectSame(parse(parser, fixture, []), events));
      it(`${fixture.name}: cut at every byte`, () => {
        for (let at = 1; at < bytes.length; at++) {
          expectSame(parse(parser, fixture, [at]), events, `cut at ${at}`);
        }
      });
      it(`${fixture.name}: byte by byte`, () => {
        expectSame(parse(parser, fixture, [...bytes.keys()]), events);
      });
      it(`${fixture.name}: cut at random`, { timeout: TIMEOUT_MS }, () => {
        for (let seed = 1; seed <= WAYS; seed++) {
          const cuts = randomCuts(bytes.length, seed);
          expectSame(parse(parser, fixture, cuts), events, `seed ${seed}`);
        }
      });
    }
  });
}

/** Plain content is passed on immediately, piece by piece; `before` brings the parser to where content is written. */
export function proveNoDelay(parser: Creates, input: Partial<ParserInput> = {}, before = ''): void {
  it('passes plain text on at once', () => {
    const instance = parser.create({ tools: [], think: undefined, lastMessage: undefined, ...input });
    if (before !== '') instance.push(before);
    for (const piece of ['Hello', ' there', ', how', ' are', ' you']) {
      expect(joined(instance.push(piece))).toEqual([{ type: 'content', text: piece }]);
    }
  });
}

/** The order of a call's arguments counts too. */
function expectSame(actual: readonly OutputEvent[], expected: readonly OutputEvent[], hint = 'whole'): void {
  // `expect` takes a hundred times as long, and is needed only to say what differs.
  const isSame = isDeepStrictEqual(actual, expected);
  if (isSame && JSON.stringify(actual) === JSON.stringify(expected)) return;
  expect(actual, hint).toEqual(expected);
  expect(JSON.stringify(actual.map(argumentsOf)), hint).toBe(JSON.stringify(expected.map(argumentsOf)));
}

function argumentsOf(event: OutputEvent): unknown {
  return event.type === 'tool-call' ? event.call.arguments : undefined;
}

/** Holds back the bytes of incomplete characters, as the engine does. */
function parse(parser: Creates, fixture: ParserFixture, cuts: ArrayLike<number>): OutputEvent[] {
  const { tools = [], think, lastMessage, output } = fixture;
  const instance = parser.create({ tools, think, lastMessage });
  const bytes = Buffer.from(output);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const events: OutputEvent[] = [];
  let start = 0;
  for (const end of [...Array.from(cuts), bytes.length]) {
    const text = decoder.decode(bytes.subarray(start, end), { stream: true });
    if (text !== '') events.push(...instance.push(text));
    start = end;
  }
  return joined([...events, ...instance.end()]);
}

function joined(events: readonly OutputEvent[]): OutputEvent[] {
  const result: OutputEvent[] = [];
  for (const event of events) {
    if (event.type !== 'tool-call' && event.text === '') throw new Error('an event has no text');
    const last = result.at(-1);
    if (last && last.type !== 'tool-call' && event.type === last.type) {
      result[result.length - 1] = { type: last.type, text: last.text + event.text };
    } else result.push(event);
  }
  return result;
}

function randomCuts(length: number, seed: number): number[] {
  let state = seed;
  const cuts: number[] = [];
  for (let at = 1; at < length; at++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    if (state % 5 === 0) cuts.push(at);
  }
  return cuts;
}
