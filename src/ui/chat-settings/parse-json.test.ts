import { describe, expect, it } from 'vitest';
import { MAX_JSON_CHARACTERS, parseJson } from './parse-json.ts';

function parsed(text: string): unknown {
  const result = parseJson(text);
  if ('problem' in result) throw new Error(result.problem);
  return result.value;
}

describe('parseJson', () => {
  it.each(['{}', '[]', ' {"a": [1, -2.5e3, true, null, "x\\u0041\\n"], "b": {"": false}}\n', '"ü"', '0'])(
    'reads %s as JSON.parse does',
    (text) => {
      expect(parsed(text)).toEqual(JSON.parse(text));
    },
  );

  it('keeps a member named __proto__ as a plain member', () => {
    expect(Object.keys(parsed('{"__proto__": 1}') as object)).toEqual(['__proto__']);
  });

  it.each([
    ['', 'empty', 1, 1],
    ['{\n  "a": 1,\n}', 'name', 3, 1],
    ['{"a" 1}', 'colon', 1, 6],
    ['[1 2]', 'comma', 1, 4],
    ['[1,]', 'value', 1, 4],
    ['{"a": tru}', 'value', 1, 7],
    ['{"a": 01}', 'number', 1, 7],
    ['["a\n"]', 'text', 1, 2],
    ['["a\\x"]', 'escape', 1, 4],
    ['{"a": 1, "a": 2}', 'twice', 1, 10],
    ['{} {}', 'end', 1, 4],
    ['{"a": 1', 'comma', 1, 8],
  ])('says of %j that it has the problem %s in line %i, column %i', (text, problem, line, column) => {
    expect(parseJson(text)).toEqual({ problem, place: { line, column } });
  });

  it('refuses what is too long or too deep before it costs anything', () => {
    expect(parseJson(' '.repeat(MAX_JSON_CHARACTERS + 1))).toMatchObject({ problem: 'tooLong' });
    expect(parseJson('['.repeat(10_000))).toMatchObject({ problem: 'tooDeep' });
  });

  it('knows where each value begins, and where the nearest one is for others', () => {
    const result = parseJson('{\n  "a": {\n    "b": [1,\n 2]}}');
    if ('problem' in result) throw new Error(result.problem);
    expect(result.placeOf(['a', 'b', 1])).toEqual({ line: 4, column: 2 });
    expect(result.placeOf(['a', 'none', 'more'])).toEqual({ line: 2, column: 8 });
  });
});
