import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import { rounds, seedFrom } from '../../test/scale.ts';
import { NestedJson } from './json-body.ts';
import { MAX_JSON_PARTS, measureJson } from './json-shape.ts';

const shapeOf = (text: string) => measureJson(Buffer.from(text));

describe('measureJson', () => {
  it.each([
    ['{}', 1],
    ['{"a":1}', 3],
    ['[1,2,3]', 3],
    ['["a","b"]', 4],
    ['{"a":{"b":[true,null]}}', 8],
    ['5', 0],
  ])('counts brackets, texts, colons and commas of %s: %i', (text, parts) => {
    expect(shapeOf(text)).toEqual({ end: text.length, parts });
  });

  it.each([
    '{"a":"}"}',
    '{"a":"\\"}"}',
    '{"a":"\\\\"}',
    `{"a":"${'x'.repeat(100)}\\"}${'y'.repeat(100)}\\\\"}`,
  ])('finds the end of %s', (text) => {
    expect(shapeOf(`${text} and {"more":[1,2]}`).end).toBe(text.length);
  });

  it('finds the end of texts with any quotes and backslashes, wherever its search changes', () => {
    const random = seededRandom(seedFrom(17));
    const count = rounds({ change: 500, long: 10_000, nightly: 200_000 });
    for (let round = 0; round < count; round += 1) {
      const length = Math.floor(random() * 80);
      const character = () => ['\\', '"', '}', 'x', 'é', '\n'][Math.floor(random() * 6)] ?? '';
      const value = {
        [Array.from({ length }, character).join('')]: Array.from({ length }, character).join(''),
      };
      const text = JSON.stringify(value);
      expect(shapeOf(`${text}"{`), `round ${round}: ${text}`).toEqual({
        end: Buffer.byteLength(text),
        parts: 4,
      });
    }
  });

  it('takes an end that is missing for the end of the bytes', () => {
    for (const text of ['{"a":[1', '{"a', '{"a\\', '', '{"a":"b\\"'])
      expect(shapeOf(text).end).toBe(text.length);
  });

  it('refuses more than a million parts, wherever they are', () => {
    const many = MAX_JSON_PARTS + 1;
    const message = 'invalid JSON: more than 1000000 keys, values and separators';
    expect(() => shapeOf(`[${'1,'.repeat(many)}1]`)).toThrow(message);
    expect(() => shapeOf(`{"a":[${'{},'.repeat(many / 2)}{}]}`)).toThrow(message);
    expect(() => shapeOf(`[${'1,'.repeat(MAX_JSON_PARTS - 2)}1]`)).not.toThrow();
    // One text, however long, is one part.
    expect(shapeOf(`["${',:{}[]'.repeat(many)}"]`).parts).toBe(2);
  });

  it('refuses nesting deeper than 200 levels', () => {
    const deep = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
    expect(shapeOf(deep(200)).parts).toBe(400);
    expect(() => shapeOf(deep(202))).toThrow('invalid JSON: nested more than 200 levels deep');
  });
});

describe('NestedJson', () => {
  it('gives the texts of one request the parts of one request', () => {
    const nested = new NestedJson();
    const text = `[${'1,'.repeat(400_000)}1]`;
    expect(nested.parse(text)).toHaveLength(400_001);
    nested.parse(text);
    expect(() => nested.parse(text)).toThrow('keys, values and separators');
    expect(() => new NestedJson().parse('{')).toThrow(SyntaxError);
    expect(() => new NestedJson().parse('['.repeat(300))).toThrow('nested more than 200 levels');
  });
});
