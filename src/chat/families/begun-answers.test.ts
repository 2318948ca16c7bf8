import { describe, expect, it } from 'vitest';
import { parserNamed, parserNames } from './families.ts';

const begun = { role: 'assistant', content: 'So' };
/** Their prompts end a begun answer, or every answer begins with white space of no meaning. */
const withTrimmedStart = new Set(['laguna', 'poolside-v1', 'glimmer']);

describe('what goes on from a begun answer', () => {
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
