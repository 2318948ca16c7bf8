import { describe, expect, it } from 'vitest';
import { Automaton, MAX_KNOWN, type State } from './automaton.ts';
import { grammarProgram } from './grammar-program.ts';
import { MatcherLimit } from './matcher-limit.ts';

const automaton = (grammar: string) => new Automaton(grammarProgram(grammar));

/** The state after a text; null = the grammar does not go on like this. */
function stateAfter(machine: Automaton, text: string, from: State | null = machine.start): State | null {
  let state = from;
  for (const character of text) {
    state = state && machine.next(state, character.codePointAt(0) ?? 0);
  }
  return state;
}

const accepts = (grammar: string, text: string) => {
  const machine = automaton(grammar);
  return stateAfter(machine, text)?.canEnd ?? false;
};

describe('an automaton', () => {
  it.each([
    ['root ::= "a"*', ['', 'a', 'aaaa'], ['b', 'ab']],
    ['root ::= ("a" | "bc"){2,3}', ['aa', 'abc', 'bcbcbc'], ['a', 'aaaa', 'bcb']],
    ['root ::= [^a-c] . [é漢]?', ['xy', 'é😀漢', '\u{10ffff}a'], ['ax', 'x', 'xyz']],
    ['root ::= "(" root? ")"', ['()', '((()))'], ['(', '(()', ')']],
    ['root ::= ("a"? "b"?){0,2} "c"', ['c', 'abc', 'bac', 'ababc'], ['', 'abababc']],
    ['root ::= "x"{0} "y"{1} ""', ['y'], ['xy', '']],
  ])('accepts what the grammar %s describes', (grammar, accepted, refused) => {
    expect(accepted.filter((text) => !accepts(grammar, text))).toEqual([]);
    expect(refused.filter((text) => accepts(grammar, text))).toEqual([]);
  });

  it('counts repetitions beyond the limit of llama.cpp', () => {
    const grammar = 'root ::= "<" [ab]{0,5000} ">"';
    expect(grammarProgram(grammar).hasGreatBounds).toBe(true);
    expect(accepts(grammar, `<${'a'.repeat(5000)}>`)).toBe(true);
    expect(stateAfter(automaton(grammar), `<${'b'.repeat(5001)}`)).toBeNull();
    expect(grammarProgram('root ::= "a"{0,2000} "b"{2,}').hasGreatBounds).toBe(false);
  });

  it('computes equal states once', () => {
    const machine = automaton('root ::= ("a" | "b")* "c"');
    expect(stateAfter(machine, 'ab')).toBe(stateAfter(machine, 'bbbb'));
  });

  it('knows the character that must come next', () => {
    const machine = automaton('root ::= "key" ("=" | "==") [0-9] "é"?');
    const only = (text: string) => machine.onlyCharacter(stateAfter(machine, text) ?? machine.start);
    expect(['', 'k', 'ke', 'key'].map(only)).toEqual(
      [...'key='].map((character) => character.codePointAt(0)),
    );
    expect(['key=', 'key==', 'key=1'].map(only)).toEqual([undefined, undefined, undefined]);
  });

  it('forgets what it knows before that becomes too much, and goes on', () => {
    const machine = automaton('root ::= [a-z]{0,20000} "!"');
    let state: State | null = machine.start;
    let most = 0;
    for (let round = 0; round < 20; round++) {
      state = stateAfter(machine, 'abcdefghij'.repeat(1999), machine.start);
      most = Math.max(most, machine.known);
      expect(stateAfter(machine, 'abcdefghijk!', state)).toBeNull();
      expect(stateAfter(machine, 'abcdef!', state)?.canEnd).toBe(true);
    }
    expect(most).toBeLessThanOrEqual(MAX_KNOWN);
  });

  it.each([
    ['a repetition of nothing in a repetition of nothing', 'root ::= (("a"?){0,900}){0,900} "b"'],
    [
      'many alternatives that begin alike',
      `root ::= ${Array.from({ length: 1001 }, (_, index) => `"a" "${index}"`).join(' | ')}`,
    ],
  ])('gives up at %s', (_, grammar) => {
    expect(() => automaton(grammar)).toThrow(MatcherLimit);
  });
});
