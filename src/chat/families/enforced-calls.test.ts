import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/gbnf.ts';
import { seededRandom } from '../../../test/fakes/random-schema.ts';
import type { Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { answerGrammar } from '../answer-grammar.ts';
import { familyReading } from '../format/family-reading.ts';
import type { OutputEvent } from '../output/output-parser.ts';
import { parserNamed, parserNames } from './families.ts';

const tools: Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        required: ['city'],
        properties: {
          city: { type: 'string', maxLength: 12 },
          days: { type: 'integer' },
          hot: { type: 'boolean' },
        },
      },
    },
  },
  { type: 'function', function: { name: 'now', parameters: { type: 'object', properties: {} } } },
];
const lastMessage = { role: 'user', content: 'x' };
const withCalls = parserNames.filter((name) => parserNamed(name)?.callSyntax);

function sampled(name: string, think: Think, seed: number): { text: string; events: OutputEvent[] } {
  const family = parserNamed(name);
  if (!family) throw new Error(`no parser ${name}`);
  const reading = familyReading(family, { tools, think, lastMessage });
  const constraint = { tools, toolChoice: 'required', parallelCalls: true } as const;
  const text = new Gbnf(answerGrammar(constraint, reading) ?? '').sample(seededRandom(seed), 60);
  return { text, events: [...reading.parser.push(text), ...reading.parser.end()] };
}

describe.each(withCalls)('calls that a grammar enforces are read by the parser %s', (name) => {
  it.each([false, true])('thinking %s', (think) => {
    for (let seed = 1; seed <= 40; seed++) {
      const { text, events } = sampled(name, think, seed);
      const others = events.filter(({ type }) => type !== 'tool-call' && type !== 'thinking');
      const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
      expect(others, text).toEqual([]);
      expect(calls.length, text).toBeGreaterThan(0);
      for (const call of calls) {
        expect(['get_weather', 'now'], text).toContain(call.name);
        if (call.name === 'get_weather') expect(typeof call.arguments.city, text).toBe('string');
        if ('days' in call.arguments) expect(call.arguments.days, text).toEqual(expect.any(Number));
        if ('hot' in call.arguments) expect(call.arguments.hot, text).toEqual(expect.any(Boolean));
      }
    }
  });
});
