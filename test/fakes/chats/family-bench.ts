/** What the tests of several model families share: events in short form, parsers and prompts by name, a tool and its call. */
import { readFileSync } from 'node:fs';
import type { Message, Tool } from '../../../src/api/common.ts';
import type { Family, ParserFamily, RenderInput } from '../../../src/chat/families/family.ts';
import { completedParser } from '../../../src/chat/families/shared/completed-parser.ts';
import type { OutputEvent } from '../../../src/chat/output/output-parser.ts';

export const content = (text: string): OutputEvent => ({ type: 'content', text });
export const thinking = (text: string): OutputEvent => ({ type: 'thinking', text });
export const call = (name: string, values: Record<string, unknown> = {}): OutputEvent => ({
  type: 'tool-call',
  call: { name, arguments: values },
});

/** The parsers and the prompts of one family, by name. */
export function familyBench(family: Family) {
  return {
    parserOf(name: string): ParserFamily {
      const parser = family.parsers?.[name];
      if (!parser) throw new Error(`no parser ${name}`);
      return completedParser(parser);
    },

    prompt(name: string, input: Partial<RenderInput>): string | undefined {
      const defaults = { messages: [], tools: [], think: undefined, now: new Date(2026, 10, 23) };
      return family.renderers?.[name]?.render({ ...defaults, ...input });
    },
  };
}

/** A tool whose texts need care where a prompt quotes them. */
export const weather: readonly Tool[] = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      description: 'The weather <now> & later.',
      parameters: {
        type: 'object',
        required: ['city'],
        properties: {
          city: { type: 'string', description: 'Its "name"' },
          unit: { type: ['string', 'null'], enum: ['C', 'F'] },
        },
      },
    },
  },
];

/** A message with two calls and arguments of every type. */
export const calling: Message = {
  role: 'assistant',
  content: 'I look.',
  tool_calls: [
    {
      function: {
        name: 'get_weather',
        arguments: { unit: 'C', city: 'Zürich "x" <b>', n: [1, 2.5, null, true], o: { b: 1, a: 'ä' } },
      },
    },
    { function: { name: 'now', arguments: {} } },
  ],
};

/** A prompt of test/fixtures/prompts/, byte for byte. @param path without its extension */
export function promptFixture(path: string): string {
  return readFileSync(new URL(`../../fixtures/prompts/${path}.txt`, import.meta.url), 'utf8');
}
