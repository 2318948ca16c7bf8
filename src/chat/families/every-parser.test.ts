/** Tests that every parser must pass, in the syntax of its family. */
import { describe, expect, it } from 'vitest';
import { type ParserFixture, proveNoDelay, proveParser } from '../../../test/fakes/chats/parser-proof.ts';
import type { Tool } from '../../api/common.ts';
import type { OutputEvent } from '../output/output-parser.ts';
import { parserNamed, parserNames } from './families.ts';
import type { CallSyntax, ParserFamily } from './family.ts';

const weather: Tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        days: { type: 'integer' },
        hot: { type: 'boolean' },
        parts: { type: 'array' },
      },
    },
  },
};
const clock: Tool = {
  type: 'function',
  function: { name: 'now', parameters: { type: 'object', properties: {} } },
};
const tools = [weather, clock];
const lastMessage = { role: 'user', content: 'x' };
const values = { days: 3, city: 'Zürich <b> & "so"', hot: true, parts: [1, 'ä'] };

/** In these families, text before a call needs a separate message. */
const inMessages = new Set(['harmony', 'glimmer']);
/** In these families, the opening of a section of calls is dropped if no call follows. */
const withSections = new Set(['deepseek3', 'cogito', 'kimi']);
/** In these families, calls count only at the start of the answer. */
const callsFirst = new Set(['json-calls', 'llama3']);

function valueText(value: unknown, syntax: Extract<CallSyntax['argumentSyntax'], { form: 'pairs' }>): string {
  if (syntax.values === 'python') return JSON.stringify(value).replace('true', 'True');
  if (typeof value !== 'string' || syntax.values === 'json') return JSON.stringify(value);
  return syntax.values === 'text' ? value : syntax.values.open + value + syntax.values.close;
}

function argumentsText({ argumentSyntax: syntax }: CallSyntax, given: object): string {
  if (syntax.form === 'json') return JSON.stringify(given);
  return Object.entries(given)
    .map(([key, value]) => syntax.before(key) + valueText(value, syntax) + syntax.after)
    .join(syntax.separator);
}

interface Call {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

const first: Call = { name: 'get_weather', arguments: values };
const second: Call = { name: 'now', arguments: {} };
const event = (call: Call): OutputEvent => ({ type: 'tool-call', call });
const content = (text: string): OutputEvent => ({ type: 'content', text });
const thinking = (text: string): OutputEvent => ({ type: 'thinking', text });

function written(syntax: CallSyntax, ...calls: readonly Call[]): string {
  const each = calls.map(
    (call) =>
      syntax.beforeArguments(call.name) + argumentsText(syntax, call.arguments) + syntax.afterArguments,
  );
  return syntax.open + each.join(syntax.separator) + syntax.close;
}

function callFixtures(name: string, syntax: CallSyntax): ParserFixture[] {
  const one = written(syntax, first);
  const half = one.slice(0, one.indexOf('Zürich') + 4);
  const lost = withSections.has(name) ? half.slice(syntax.open.length) : half.trimStart();
  const firstTag = one.slice(0, 3);
  const fixtures: ParserFixture[] = [
    { name: 'a call', output: one, events: [event(first)] },
    {
      name: 'several calls',
      output: written(syntax, first, second, first),
      events: [first, second, first].map(event),
    },
    { name: 'an incomplete call', output: half, events: [content(lost)] },
    { name: 'text that may become a tag', output: `a ${firstTag}`, events: [content(`a ${firstTag}`)] },
  ];
  if (!callsFirst.has(name) && !inMessages.has(name)) {
    fixtures.push({
      name: 'text before a call',
      output: `Let me see:${one}`,
      events: [content('Let me see:'), event(first)],
    });
  }
  return fixtures.map((fixture) => ({ ...fixture, tools, think: false, lastMessage }));
}

function thinkingFixtures(family: ParserFamily, start: string, end: string): ParserFixture[] {
  const { callSyntax: syntax, answerStart = '' } = family;
  const isInside = (given: readonly Tool[]) =>
    family.startsThinking?.({ tools: given, think: true, lastMessage }) ?? false;
  const thought = (given: readonly Tool[]) => `${isInside(given) ? '' : start}hm é${end}`;
  const fixtures: ParserFixture[] = [
    {
      name: 'thinking before an answer',
      output: `${thought([])}${answerStart}yes`,
      events: [thinking('hm é'), content('yes')],
    },
    {
      name: 'thinking that never ends',
      output: `${isInside([]) ? '' : start}hm é`,
      events: [thinking('hm é')],
    },
  ];
  if (!syntax) return fixtures.map((fixture) => ({ ...fixture, think: true, lastMessage }));
  const output = thought(tools) + written(syntax, first);
  const before: ParserFixture = {
    name: 'thinking before a call',
    output,
    events: [thinking('hm é'), event(first)],
    tools,
  };
  return [...fixtures, before].map((fixture) => ({ ...fixture, think: true, lastMessage }));
}

/** Some families always think. */
function beforeText({ startsThinking, thinkingEnd = '', answerStart = '' }: ParserFamily): string {
  return (startsThinking?.({ tools, think: false, lastMessage }) ? thinkingEnd : '') + answerStart;
}

function fixturesOf(name: string, family: ParserFamily): ParserFixture[] {
  const { callSyntax, thinkingStart, thinkingEnd } = family;
  const text = 'Hello, wörld <b> {x} [y] &c.';
  const start = beforeText(family);
  return [
    { name: 'text', output: start + text, events: [content(text)], tools, think: false, lastMessage },
    { name: 'nothing', output: '', events: [], tools, think: false, lastMessage },
    ...(callSyntax ? callFixtures(name, callSyntax) : []),
    ...(thinkingStart && thinkingEnd ? thinkingFixtures(family, thinkingStart, thinkingEnd) : []),
  ];
}

for (const name of parserNames) {
  const family = parserNamed(name);
  if (!family) continue;
  proveParser(`the parser ${name}`, family, fixturesOf(name, family));
  describe(`the parser ${name}`, () => {
    proveNoDelay(family, { tools, think: false, lastMessage }, beforeText(family));
    it('has both thinking tags or neither, and calls in a known syntax', () => {
      expect(family.thinkingEnd !== undefined).toBe(family.hasThinking);
      expect(family.callSyntax !== undefined).toBe(family.hasTools);
    });
  });
}
