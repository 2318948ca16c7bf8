/**
 * Answers of a million characters are parsed in linear time, whatever a model writes. If the time grew with the square of the
 * length, each of these would take minutes.
 */
import { expect, it } from 'vitest';
import type { OutputParser } from '../output/output-parser.ts';
import { ToolCallParser } from '../output/tool-call-parser.ts';
import { parserNamed } from './families.ts';
import { pythonicCalls } from './shared/pythonic-calls.ts';

const LENGTH = 1_000_000;
/** Characters of a token. */
const PIECE = 4;
const TIMEOUT_MS = 60_000;

const tools = ['now', 'add'].map((name) => ({ type: 'function', function: { name } }));

function family(name: string): OutputParser {
  const lastMessage = { role: 'user', content: 'x' };
  const parser = parserNamed(name)?.create({ tools, think: undefined, lastMessage });
  if (!parser) throw new Error(`no parser ${name}`);
  return parser;
}

/** @returns the number of characters of the events */
function parsedLength(parser: OutputParser, text: string): number {
  let length = 0;
  const count = (events: ReturnType<OutputParser['push']>) => {
    for (const event of events) length += event.type === 'tool-call' ? 0 : event.text.length;
  };
  for (let at = 0; at < text.length; at += PIECE) count(parser.push(text.slice(at, at + PIECE)));
  count(parser.end());
  return length;
}

const filled = (piece: string) => piece.repeat(LENGTH / piece.length);

it.each([
  ['white space', 'gemma4', `a${filled(' ')}b`],
  ['line breaks', 'qwen3', `a${filled('\n')}b`],
  [
    'separators in an action',
    'cohere',
    `<|START_ACTION|>[{"tool_name": "now"}x${filled(' ')}x<|END_ACTION|>`,
  ],
  [
    'white space in a call',
    'deepseek3',
    `<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>${filled(' ')}x<｜tool▁call▁end｜>`,
  ],
  ['closing tags in a call', 'gemma4', `<|tool_call>call:now{a:<|"|>${filled('<tool_call|>')}`],
])('an answer of %s (%s)', { timeout: TIMEOUT_MS }, (_, name, text) => {
  expect(parsedLength(family(name), text)).toBeGreaterThan(0);
});

it.each([
  ['text after a call', `<tool_call>{"name": "now", "arguments": {}}${filled('a b ')}`],
  ['objects that are no calls', `<tool_call>${filled('{"name": "unknown"} ')}`],
  ['text after an object without a name', `<tool_call>{"a": 1}${filled('a b ')}`],
])('an answer to a Go template of %s', { timeout: TIMEOUT_MS }, (_, text) => {
  expect(parsedLength(new ToolCallParser('<tool_call>', tools), text)).toBeGreaterThan(LENGTH / 2);
});

it('a call of Python with a number of a million digits', { timeout: TIMEOUT_MS }, () => {
  expect(pythonicCalls(`now(a=${filled('1')}x)`)).toMatchObject([{ name: 'now' }]);
});
