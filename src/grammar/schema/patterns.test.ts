import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../test/fakes/random/seeded-random.ts';
import { accepts, trim } from '../automaton/automaton.ts';
import { differenceOf, intersectionOf } from '../automaton/product.ts';
import { Budget } from './budget.ts';
import { Patterns } from './patterns.ts';

const patterns = new Patterns(new Budget());
const automatonOf = (pattern: string) => patterns.automaton(pattern, '#/pattern');

/** Texts over a small alphabet, so that many match. */
function randomTexts(count: number): string[] {
  const random = seededRandom(5);
  const letters = ['a', 'b', 'c', '1', '-', '_', ' ', '\n', '"', '\\', 'é', '😀', 'Z', '.'];
  const text = () =>
    Array.from(
      { length: Math.floor(random() * 7) },
      () => letters[Math.floor(random() * letters.length)],
    ).join('');
  return Array.from({ length: count }, text);
}

describe('the automaton of a pattern', () => {
  it.each([
    'a',
    '^a$',
    '^a|b$',
    '^(a|b)*c?$',
    '(^a|b$)+',
    '^$',
    '',
    '^.{2,3}$',
    '^[^a-c]+$',
    '^[\\w-]{1,}\\s?',
    '\\d|\\D{3}',
    '^(?:a{2}|b{1,2}?|c{2,})+$',
    '^[\\n"\\\\]',
    '\\S\\W\\S',
    '^(?<name>a(b(c)?)?)$',
    '^[a\\-z.]+$',
    '^\\p{L}+$',
    '[^]b',
    '^a.*a$',
    '^.*(ab|ba).*$',
    '\\u{1F600}|\\x61\\u0062',
    '^\\.$',
  ])('agrees with the regular expression: %s', (pattern) => {
    const expression = new RegExp(pattern, 'u');
    const automaton = automatonOf(pattern);
    const wrong = [...randomTexts(600), '', 'a', 'b', 'ab', 'abc', 'é', '😀b', '.', 'aa'].filter(
      (text) => accepts(automaton, text) !== expression.test(text),
    );
    expect(wrong).toEqual([]);
  });

  it('can be intersected with and subtracted from another', () => {
    const [one, other] = [automatonOf('^[ab]+$'), automatonOf('a')];
    const free = () => undefined;
    const [both, only] = [intersectionOf(one, other, free), differenceOf(one, other, free)];
    for (const text of randomTexts(600)) {
      const [isOne, isOther] = [/^[ab]+$/.test(text), text.includes('a')];
      expect([accepts(both, text), accepts(only, text)], text).toEqual([isOne && isOther, isOne && !isOther]);
    }
    expect(trim(differenceOf(one, automatonOf(''), free))).toBeUndefined();
  });

  it('accepts syntax that only non-Unicode expressions allow', () => {
    expect(accepts(automatonOf('^[\\w-.]\\_$'), '-_')).toBe(true);
    expect(accepts(automatonOf('^a{x}$'), 'a{x}')).toBe(true);
  });
});
