import { describe, expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { jsonGrammar } from '../../grammar/json-grammar.ts';
import { schemaGrammar } from '../../grammar/schema/schema-grammar.ts';
import { ChatTasks } from './chat-tasks.ts';

const schema = {
  type: 'object',
  properties: { id: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
  required: ['id', 'tags'],
};
const free = { tools: [], toolChoice: 'none', parallelCalls: true } as const;

describe('the grammar of an answer', () => {
  it('is that of its schema, or of JSON, while white space is free', () => {
    const tasks = new ChatTasks();
    expect(tasks.answerGrammar({ demand: { ...free, format: schema } }).grammar).toBe(schemaGrammar(schema));
    expect(tasks.answerGrammar({ demand: { ...free, format: 'json' } }).grammar).toBe(jsonGrammar);
  });

  it('allows one spelling of white space if it is fixed', () => {
    const tasks = new ChatTasks();
    const grammarOf = (format: unknown) => {
      const { grammar = '' } = tasks.answerGrammar({ demand: { ...free, format, fixedSpaces: true } });
      return new Gbnf(grammar);
    };
    for (const format of [schema, 'json']) {
      const grammar = grammarOf(format);
      expect(grammar.accepts('{"id": 1, "tags": ["a", "b"]}')).toBe(true);
      for (const text of [
        '{"id":1, "tags": []}',
        '{ "id": 1, "tags": []}',
        '{"id": 1,"tags": []}',
        '{"id": 1, "tags": [ ]}',
      ]) {
        expect(grammar.accepts(text), text).toBe(false);
      }
    }
  });
});
