import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonObjectSchema, listOf, recordOf } from './bounded.ts';
import { chatRequestSchema } from './chat.ts';
import { parseLongRequest } from './long-request.ts';
import { parseRequest } from './parse-request.ts';
import { rerankRequestSchema } from './rerank.ts';

/** Counts how often it is asked. */
function countingText() {
  const counter = { asked: 0 };
  const schema = z.string().refine(() => {
    counter.asked += 1;
    return true;
  });
  return { counter, schema };
}

describe('listOf', () => {
  it('refuses a list that is too long before it looks at an element', () => {
    const { counter, schema } = countingText();
    const result = listOf(schema, 2).safeParse(['a', 'b', 'c']);
    expect(result.error?.issues).toMatchObject([{ code: 'too_big', maximum: 2, path: [] }]);
    expect(counter.asked).toBe(0);
  });

  it('stops at the first element that is wrong and names it', () => {
    const { counter, schema } = countingText();
    const result = listOf(schema, 100).safeParse(['a', 5, ...Array.from({ length: 50 }, () => 'b')]);
    expect(result.error?.issues).toMatchObject([{ code: 'invalid_type', path: [1] }]);
    expect(counter.asked).toBe(1);
  });

  it('accepts a list within the limit, as zod does', () => {
    const schema = listOf(z.string().toUpperCase(), 2);
    expect(schema.parse(['a', 'b'])).toEqual(['A', 'B']);
    expect(schema.safeParse('a').error?.issues).toMatchObject([{ code: 'invalid_type', expected: 'array' }]);
    expect(z.toJSONSchema(schema)).toMatchObject({ type: 'array', maxItems: 2, items: { type: 'string' } });
  });
});

describe('objects', () => {
  it('are passed on without a copy, or bounded', () => {
    const value = { a: 1 };
    expect(jsonObjectSchema.parse(value)).toBe(value);
    expect(jsonObjectSchema.safeParse([]).success).toBe(false);
    expect(recordOf(z.number(), 2).parse({ a: 1, b: 2 })).toEqual({ a: 1, b: 2 });
    expect(recordOf(z.number(), 1).safeParse({ a: 'x', b: 'y' }).error?.issues).toMatchObject([
      { code: 'too_big', origin: 'object', maximum: 1 },
    ]);
  });
});

describe('parseLongRequest', () => {
  const messages = Array.from({ length: 5000 }, (_, index) => ({
    Role: 'USER',
    content: `${index}`,
    odd: 1,
  }));
  const pieces = () => {
    const counter = { turns: 0 };
    const turn = async () => {
      counter.turns += 1;
    };
    return { counter, turn };
  };

  it('yields what parseRequest yields, in several turns', async () => {
    const { counter, turn } = pieces();
    const body = { Model: 'm', messages, tools: [{ function: { name: 'f' } }], colour: 1 };
    expect(await parseLongRequest(chatRequestSchema, body, turn)).toEqual(
      parseRequest(chatRequestSchema, body),
    );
    expect(counter.turns).toBeGreaterThan(1);
    const query = { query: 'q', documents: messages.map(({ content }) => ({ text: content })) };
    expect(await parseLongRequest(rerankRequestSchema, query, turn)).toEqual(
      parseRequest(rerankRequestSchema, query),
    );
  });

  it('names the same faults', async () => {
    const { turn } = pieces();
    const refusals = [
      { messages: [...messages, { role: 5 }] },
      { messages: Array.from({ length: 200_001 }, () => 0) },
      { messages, stream: 'yes' },
      { messages: 5 },
      [],
    ];
    for (const body of refusals) {
      let expected = '';
      try {
        parseRequest(chatRequestSchema, body);
      } catch (error) {
        expected = String(error);
      }
      expect(expected).not.toBe('');
      await expect(parseLongRequest(chatRequestSchema, body, turn).catch(String)).resolves.toBe(expected);
    }
  });
});
