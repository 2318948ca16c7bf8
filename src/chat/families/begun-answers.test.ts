import { describe, expect, it } from 'vitest';
import { parserNamed, parserNames } from './families.ts';

const begun = { role: 'assistant', content: 'So' };
/** Families whose prompts close a begun answer, or whose answers begin with meaningless white space. */
const withTrimmedStart = new Set(['laguna', 'poolside-v1', 'glimmer']);

describe('the continuation of a begun answer', () => {
  it.each(parserNames.filter((name) => !withTrimmedStart.has(name)))(
    'keeps its leading white space: %s',
    (name) => {
      const parser = parserNamed(name)?.create({
        tools: [],
        think: false,
        lastMessage: begun,
        endsInThinking: false,
      });
      const events = [...(parser?.push(' far') ?? []), ...(parser?.end() ?? [])];
      expect(events.map((event) => (event.type === 'content' ? event.text : event.type)).join('')).toBe(
        ' far',
      );
    },
  );
});
