import { describe, expect, it } from 'vitest';
import { JsonText } from './json-text.ts';

const settings = `{
  // What the user wrote
  "theme": "dark", /* keep */
  "list": [1, 2],
  "nested": {
    "deep": { "a": 1 } // inner
  }
}
`;

describe('JsonText', () => {
  it('changes one value and leaves every other byte', () => {
    expect(new JsonText(settings).set(['theme'], 'light').toString()).toBe(
      settings.replace('"dark"', '"light"'),
    );
    expect(new JsonText(settings).set(['list', 1], 3).toString()).toBe(settings.replace('[1, 2]', '[1, 3]'));
  });

  it('does not touch a value that is already there, however it is written', () => {
    const text = "{ key: 'value', number: 0x10, list: [ 1,2, ], }";
    const same = new JsonText(text).set(['key'], 'value').set(['number'], 16).set(['list'], [1, 2]);
    expect(same.toString()).toBe(text);
  });

  it('adds a member on a line of its own, behind the comment of the line before', () => {
    expect(new JsonText(settings).set(['nested', 'more'], true).toString()).toBe(
      settings.replace('{ "a": 1 } // inner', '{ "a": 1 }, // inner\n    "more": true'),
    );
    expect(new JsonText('{\n\t"a": 1\n}').set(['b', 'c'], 2).toString()).toBe(
      '{\n\t"a": 1,\n\t"b": {\n\t\t"c": 2\n\t}\n}',
    );
  });

  it('keeps a trailing comma, Windows line breaks and a byte order mark', () => {
    expect(new JsonText('{\n  "a": 1,\n}').set(['b'], 2).toString()).toBe('{\n  "a": 1,\n  "b": 2,\n}');
    expect(new JsonText('\uFEFF{\r\n  "a": 1\r\n}').set(['b'], 2).toString()).toBe(
      '\uFEFF{\r\n  "a": 1,\r\n  "b": 2\r\n}',
    );
  });

  it('fills empty objects and lists, also those with a comment', () => {
    expect(new JsonText('').set(['a'], 1).toString()).toBe('{\n  "a": 1\n}\n');
    expect(new JsonText('', '[]').insert([], 0, 'x').toString()).toBe('[\n  "x"\n]\n');
    expect(new JsonText('{\n  // none yet\n}').set(['a'], 1).toString()).toBe(
      '{\n  // none yet\n  "a": 1\n}',
    );
  });

  it('stays on one line where the text is on one line', () => {
    expect(new JsonText('{"a":1}').set(['b'], { c: 2 }).toString()).toBe('{"a":1, "b": { "c": 2 }}');
    expect(new JsonText('[2]').insert([], 0, 1).toString()).toBe('[1, 2]');
  });

  it('removes members and elements with their commas, and keeps comments', () => {
    expect(new JsonText(settings).delete(['theme']).toString()).toBe(
      settings.replace('"theme": "dark", ', ''),
    );
    expect(new JsonText(settings).delete(['nested']).toString()).toBe(
      settings.replace(/,\n {2}"nested"[\s\S]*?\n {2}\}/, ''),
    );
    expect(new JsonText('{\n  "a": 1,\n  "b": 2\n}').delete(['a']).toString()).toBe('{\n  "b": 2\n}');
    expect(new JsonText('[\n  1, // one\n  2\n]').delete([1]).toString()).toBe('[\n  1 // one\n]');
    expect(new JsonText('[1, 2, 3]').delete([1]).delete([1]).delete([0]).toString()).toBe('[]');
  });

  it('takes the last of two members with the same key, as JSON.parse does', () => {
    expect(new JsonText('{"a": 1, "a": 2}').set(['a'], 3).toString()).toBe('{"a": 1, "a": 3}');
  });

  it('reads the escapes of both quotes', () => {
    expect(
      new JsonText(String.raw`['it\'s', "\u00e9\n", "\"", '\x41', "a\
b"]`).get([]),
    ).toEqual(["it's", 'é\n', '"', 'A', 'ab']);
  });

  it.each([
    ['{"a": }', 'line 1: a value is missing or is not JSON'],
    ['{\n"a": 1\n"b": 2}', 'line 3: a comma or "}" is missing'],
    ['{"a" 1}', 'line 1: a colon is missing'],
    ['{"a": "x}', 'line 1: a text does not end'],
    ['{} {}', 'line 1: there is more text after the end'],
    ['{"a": secret-token}', 'line 1: a value is missing or is not JSON'],
    [`${'['.repeat(200)}`, 'line 1: more than 100 levels'],
  ])('refuses %j without quoting it', (text, message) => {
    expect(() => new JsonText(text)).toThrow(message);
    expect(() => new JsonText(text)).not.toThrow('secret');
  });

  it('refuses to replace what is not an object on the way', () => {
    expect(() => new JsonText('{"a": [1]}').set(['a', 'b'], 1)).toThrow('"a" must be an object');
    expect(() => new JsonText('{"a": {}}').list(['a'])).toThrow('"a" must be a list');
  });

  it('agrees with JSON.parse after any sequence of changes', () => {
    const texts = ['', '{}', settings, '{"x":{"y":[{"z":1},2]}}', '{\n    "x": [\n        1\n    ]\n}'];
    for (const text of texts) {
      const json = new JsonText(text);
      const model: Record<string, unknown> = structuredClone(json.get([])) as Record<string, unknown>;
      for (const [key, value] of [
        ['k', 1],
        ['l', [1, { m: null }]],
        ['k', 'two'],
        ['theme', {}],
      ] as const) {
        json.set([key], value);
        model[key] = value;
        expect(json.get([])).toEqual(model);
      }
      json.delete(['k']);
      delete model.k;
      expect(json.get([])).toEqual(model);
      // The result is valid for strict readers as soon as it has no comments.
      expect(JSON.parse(json.toString().replace(/\/\/.*|\/\*.*?\*\//g, ''))).toEqual(model);
    }
  });
});
