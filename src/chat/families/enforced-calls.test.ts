import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../../test/scale.ts';
import type { Tool } from '../../api/common.ts';
import type { Think } from '../../api/think.ts';
import { compileSchema } from '../../grammar/schema/schema-grammar.ts';
import { answerGrammar } from '../answer/answer-grammar.ts';
import { familyReading } from '../format/family-reading.ts';
import type { OutputEvent, ParsedCall } from '../output/output-parser.ts';
import { parserNamed, parserNames } from './families.ts';

const CALLS = rounds({ change: 8, long: 40, nightly: 1000 });
const ANSWERS = rounds({ change: 4, long: 20, nightly: 500 });
const TIMEOUT_MS = rounds({ change: 20_000, long: 60_000, nightly: 600_000 });

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

function sampler(name: string, think: Think): (seed: number) => { text: string; events: OutputEvent[] } {
  const family = parserNamed(name);
  if (!family) throw new Error(`no parser ${name}`);
  const read = () => familyReading(family, { tools, think, lastMessage });
  const constraint = { tools, toolChoice: 'required', parallelCalls: true } as const;
  const grammar = new Gbnf(answerGrammar(constraint, read()).grammar ?? '');
  return (seed) => {
    const text = grammar.sample(seededRandom(seedFrom(seed)), 60);
    const { parser } = read();
    return { text, events: [...parser.push(text), ...parser.end()] };
  };
}

/** What is wrong with a call; "" if nothing is. */
function faultOf({ name, arguments: values }: ParsedCall): string {
  if (name === 'now') return '';
  if (name !== 'get_weather') return `no tool ${name}`;
  if (typeof values.city !== 'string') return 'city';
  if ('days' in values && !Number.isInteger(values.days)) return 'days';
  return 'hot' in values && typeof values.hot !== 'boolean' ? 'hot' : '';
}

describe.each(withCalls)('calls that a grammar enforces are parsed by %s', (name) => {
  it.each([false, true])('thinking %s', { timeout: TIMEOUT_MS }, (think) => {
    const sample = sampler(name, think);
    for (let seed = 1; seed <= CALLS; seed++) {
      const { text, events } = sample(seed);
      const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
      expect(
        events.filter(({ type }) => type === 'content'),
        text,
      ).toEqual([]);
      expect(calls, text).not.toEqual([]);
      expect(
        calls.map(faultOf).filter((fault) => fault !== ''),
        text,
      ).toEqual([]);
    }
  });
});

describe.each(parserNames)('answers that a schema enforces are parsed by %s', (name) => {
  it.each([false, true])('thinking %s', { timeout: TIMEOUT_MS }, (think) => {
    const family = parserNamed(name);
    if (!family) throw new Error(`no parser ${name}`);
    const format = compileSchema({ type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] });
    const read = () => familyReading(family, { tools: [], think, lastMessage });
    const constraint = { format, tools: [], toolChoice: 'none', parallelCalls: true } as const;
    const grammar = new Gbnf(answerGrammar(constraint, read()).grammar ?? '');
    for (let seed = 1; seed <= ANSWERS; seed++) {
      const text = grammar.sample(seededRandom(seedFrom(seed)), 60);
      const { parser } = read();
      const events = [...parser.push(text), ...parser.end()];
      const content = events.map((event) => (event.type === 'content' ? event.text : '')).join('');
      expect(JSON.parse(content), text).toEqual({ a: expect.any(Number) });
    }
  });
});
