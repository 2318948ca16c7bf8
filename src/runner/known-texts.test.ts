import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../test/fakes/random/seeded-random.ts';
import type { TokenizedText } from '../protocol/tokens.ts';
import { KnownTexts } from './known-texts.ts';

const options = { addSpecial: true, parseSpecial: true };
const MARK = '<|end|>';
const MARK_TOKEN = 1000;
const START_TOKEN = 999;

/** One token per character, and one per mark, as a tokenizer that cuts at its control tokens. */
function tokenized(text: string, addSpecial: boolean): TokenizedText {
  const tokens: number[] = addSpecial ? [START_TOKEN] : [];
  const marks = [];
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith(MARK, at)) {
      marks.push({ characters: at, tokens: tokens.length });
      tokens.push(MARK_TOKEN);
      at += MARK.length - 1;
    } else tokens.push(text.charCodeAt(at));
  }
  return { tokens, marks };
}

function ask(known: KnownTexts, text: string, addSpecial = true) {
  const start = known.find(text, { ...options, addSpecial });
  const rest = tokenized(text.slice(start.characters), addSpecial && start.characters === 0);
  return { tokens: known.join(text, { ...options, addSpecial }, start, rest), skipped: start.characters };
}

const turn = (name: string) => `${name.repeat(600)}${MARK}`;

describe('the tokens of a long text', () => {
  it('are those of the text, and only what follows the last common mark is asked for', () => {
    const known = new KnownTexts();
    const first = turn('abc ') + turn('def ');
    const second = `${first}${turn('ghi ')}`;
    expect(ask(known, first)).toEqual({ tokens: tokenized(first, true).tokens, skipped: 0 });
    const { tokens, skipped } = ask(known, second);
    expect(tokens).toEqual(tokenized(second, true).tokens);
    // The last mark has nothing behind it that could be compared.
    expect(skipped).toBe(first.indexOf(MARK));
    expect(ask(known, `${second}${turn('jkl ')}`).skipped).toBe(first.lastIndexOf(MARK));
  });

  it('are not taken from a text that begins otherwise, or was tokenized otherwise', () => {
    const known = new KnownTexts();
    const text = turn('abc ') + turn('def ') + turn('ghi ');
    ask(known, text);
    expect(ask(known, `x${text}`).skipped).toBe(0);
    expect(ask(known, text, false).skipped).toBe(0);
    expect(known.find(text, { addSpecial: true, parseSpecial: false }).characters).toBe(0);
  });

  it('are known for the same salt only, and not replaced by those of another', () => {
    const known = new KnownTexts();
    const text = turn('abc ') + turn('def ') + turn('ghi ');
    const add = (salt?: string) => {
      const start = known.find(text, { ...options, salt });
      const rest = tokenized(text.slice(start.characters), start.characters === 0);
      known.join(text, { ...options, salt }, start, rest);
      return start.characters;
    };
    expect([add('a'), add('b'), add()]).toEqual([0, 0, 0]);
    expect(Math.min(add('a'), add('b'), add())).toBeGreaterThan(0);
  });

  it('are kept for eight conversations', () => {
    const known = new KnownTexts();
    const talk = (index: number) => turn(`${index} words `) + turn('b ') + turn('c ');
    for (let index = 0; index < 9; index++) ask(known, talk(index));
    expect(ask(known, talk(0)).skipped).toBe(0);
    expect(ask(known, talk(8)).skipped).toBeGreaterThan(0);
  });

  it('are always equal to those of the whole text, whatever changes', () => {
    const random = seededRandom(7);
    const known = new KnownTexts();
    let text = turn('start ');
    let skipped = 0;
    for (let round = 0; round < 300; round++) {
      const at = Math.floor(random() * text.length);
      const piece = random() < 0.3 ? MARK : turn('ab ').slice(0, Math.floor(random() * 900));
      text = random() < 0.7 ? text + piece : text.slice(0, at) + piece;
      const answer = ask(known, text);
      expect(answer.tokens).toEqual(tokenized(text, true).tokens);
      skipped += answer.skipped;
    }
    expect(skipped).toBeGreaterThan(0);
  });
});
