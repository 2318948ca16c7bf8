import { describe, expect, it } from 'vitest';
import { bodyRepairs, type Repair, valueRepairs } from './json-repairs.ts';

const repairs: Readonly<Record<string, Repair>> = { ...bodyRepairs, ...valueRepairs };

/** By kind: a text and what it becomes. */
const cases: Readonly<Record<string, readonly (readonly [written: string, repaired: string])[]>> = {
  'control characters in strings': [['{"a": "x\ny\t"}\n', '{"a": "x\\ny\\t"}\n']],
  'words of Python': [
    ['{"a": True, "b": [False,None]}', '{"a": true, "b": [false,null]}'],
    ['{"a": "True or None", "b": None}', '{"a": "True or None", "b": null}'],
    ['{"a": Trueish}', '{"a": Trueish}'],
  ],
  'trailing commas': [
    ['{"a": [1, 2,], "b": 3, }', '{"a": [1, 2], "b": 3 }'],
    ['{"a": ",]", "b": ",}"}', '{"a": ",]", "b": ",}"}'],
    ['[1,,]', '[1,,]'],
    ['[,]', '[,]'],
  ],
  'a code fence': [
    ['\n```json\n{"a": 1}\n```\n', '\n{"a": 1}\n'],
    ['```{"a": 1}```', '{"a": 1}'],
    ['{"a": "```"}', '{"a": "```"}'],
  ],
  'stray closing tags': [
    ['{"a": 1}\n</function></parameter>\n', '{"a": 1}'],
    ['{"a": "</b>"}', '{"a": "</b>"}'],
  ],
  'closing brackets without opening ones': [
    ['{"a": {}}}', '{"a": {}}'],
    ['{"a": 1}]}\n{"b": 2}}', '{"a": 1}\n{"b": 2}'],
    ['{"a": "}"}', '{"a": "}"}'],
    ['{"a": 1} text }', '{"a": 1} text }'],
  ],
};

it('every repair is tested', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(repairs).sort());
});

describe.each(Object.entries(cases))('%s', (kind, texts) => {
  it.each(texts)('%j', (written, repaired) => {
    expect(repairs[kind]?.(written)).toBe(repaired);
  });

  it('changes nothing in JSON that is right', () => {
    const right = JSON.stringify({ a: 'True,] </x> ``` \\" }', b: [null, { c: ',}' }], d: '\\' });
    expect(repairs[kind]?.(right)).toBe(right);
  });

  it.each(['"', '{', '}', ',', '</a>', '```', '\\', 'True,', ', ]', '\n'])(
    'takes linear time for 200,000 characters of %j',
    { timeout: 60_000 },
    (piece) => {
      // If the time grew with the square of the length, this would take minutes.
      for (const text of [
        piece.repeat(200_000 / piece.length),
        `{"a": "${piece.repeat(200_000 / piece.length)}`,
      ]) {
        expect(typeof repairs[kind]?.(text)).toBe('string');
      }
    },
  );
});
