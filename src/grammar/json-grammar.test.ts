import { describe, expect, it } from 'vitest';
import { jsonGrammar } from './json-grammar.ts';

describe('jsonGrammar', () => {
  it('defines every rule that it uses', () => {
    const lines = jsonGrammar.trim().split('\n');
    const defined = new Set(lines.map((line) => line.split(' ::= ')[0]));
    const used = lines
      .map((line) => line.split(' ::= ')[1] ?? '')
      .flatMap(
        (body) =>
          body.replace(/"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{[^}]*\}/g, ' ').match(/[a-z]+/g) ?? [],
      );
    expect(new Set(used)).toEqual(new Set([...defined].filter((rule) => rule !== 'root')));
  });
});
