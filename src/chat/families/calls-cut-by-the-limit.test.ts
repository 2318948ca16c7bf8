import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import type { Tool } from '../../api/common.ts';
import { answerGrammar } from '../answer/answer-grammar.ts';
import { familyReading } from '../format/family-reading.ts';
import type { OutputEvent, OutputParser } from '../output/output-parser.ts';
import { ToolCallParser } from '../output/tool-call-parser.ts';
import { parserNamed, parserNames } from './families.ts';

const tools: Tool[] = ['get_weather', 'now'].map((name) => ({
  type: 'function',
  function: {
    name,
    parameters: {
      type: 'object',
      required: ['count'],
      properties: { count: { type: 'integer' } },
    },
  },
}));
const lastMessage = { role: 'user', content: 'x' };
const withCalls = parserNames.filter((name) => parserNamed(name)?.callSyntax);

function outcomeOf(parser: OutputParser, text: string): { calls: number; content: string } {
  const pieces = text.match(/.{1,5}/gsu) ?? [];
  const events: OutputEvent[] = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end(true)];
  return {
    calls: events.filter(({ type }) => type === 'tool-call').length,
    content: events.map((event) => (event.type === 'content' ? event.text : '')).join(''),
  };
}

/** Every beginning of a text that ends with at least two calls, cut anywhere. */
function expectNoLeak(text: string, create: () => OutputParser): void {
  expect(outcomeOf(create(), text).calls, text).toBeGreaterThan(1);
  for (let length = 1; length < text.length; length++) {
    const { calls, content } = outcomeOf(create(), text.slice(0, length));
    if (calls > 0) expect(content, JSON.stringify(text.slice(0, length))).toBe('');
  }
}

describe.each(withCalls)('a call that the token limit cuts after a complete one, parsed by %s', (name) => {
  it('is left out', () => {
    const family = parserNamed(name);
    if (!family) throw new Error(`no parser ${name}`);
    const read = () => familyReading(family, { tools, think: false, lastMessage });
    const grammar = new Gbnf(
      answerGrammar({ tools, toolChoice: 'required', parallelCalls: true }, read()).grammar ?? '',
    );
    let texts = 0;
    for (let seed = 1; texts < 2 && seed < 200; seed++) {
      const text = grammar.sample(seededRandom(seed), 300);
      if (outcomeOf(read().parser, text).calls < 2) continue;
      texts += 1;
      expectNoLeak(text, () => read().parser);
    }
    expect(texts).toBe(2);
  });
});

describe.each([
  [
    '<tool_call>',
    '<tool_call>{"name":"now","arguments":{"city":"x"}}</tool_call>\n<tool_call>{"name":"now","arguments":{"city":"y"}}</tool_call>',
  ],
  [
    '[TOOL_CALLS]',
    '[TOOL_CALLS] [{"name":"now","arguments":{"city":"x"}}, {"name":"get_weather","arguments":{"city":"y"}}]',
  ],
  ['{', '{"name":"now","parameters":{"city":"x"}}; {"name":"now","parameters":{"city":"y"}}'],
  [
    '<tool_call>',
    '<tool_call>now\n{"city":"x"}</tool_call>\n<tool_call>get_weather\n{"city":"y"}</tool_call>',
  ],
])('after the tag %s of a Go template', (tag, text) => {
  it('is left out too', () => {
    expectNoLeak(text, () => new ToolCallParser(tag, tools));
  });
});

it('text after a call is kept, and so is the first call that is cut', () => {
  const create = () => new ToolCallParser('[TOOL_CALLS]', tools.slice(1));
  const call = '[TOOL_CALLS] [{"name":"now","arguments":{}}]';
  expect(outcomeOf(create(), `${call} It is late, and`)).toEqual({ calls: 1, content: 'It is late, and' });
  const begun = '[TOOL_CALLS] [{"name":"now","argu';
  expect(outcomeOf(create(), begun)).toEqual({ calls: 0, content: begun });
});
