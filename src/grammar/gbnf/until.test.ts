import { expect, it } from 'vitest';
import { Gbnf } from '../../../test/fakes/chats/gbnf.ts';
import { buildGrammar } from '../schema/schema-grammar.ts';
import { until } from './until.ts';

it('ends at the first occurrence of the tag, whatever precedes it', () => {
  for (const tag of ['</think>', 'aab', 'abab', 'aaa', 'x', '<｜end｜>']) {
    const grammar = new Gbnf(buildGrammar(({ book }) => until(book, tag)));
    const letters = [...new Set(tag), 'z'];
    let state = 7;
    for (let round = 0; round < 300; round++) {
      let text = '';
      for (let length = 0; length < round % 12; length++) {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        text += letters[state % letters.length];
      }
      const whole = text + tag;
      const endsThere = whole.indexOf(tag) === whole.length - tag.length;
      expect(grammar.accepts(whole), `${whole} until ${tag}`).toBe(endsThere);
      expect(grammar.accepts(text), text).toBe(
        text.endsWith(tag) && text.indexOf(tag) === text.length - tag.length,
      );
    }
  }
});
