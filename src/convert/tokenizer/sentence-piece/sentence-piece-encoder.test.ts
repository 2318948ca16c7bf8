import { describe, expect, it } from 'vitest';
import { SentencePieceEncoder } from './sentence-piece-encoder.ts';
import type { SentencePieceModel } from './sentence-piece-model.ts';

const types = { normal: 1, unknown: 2, control: 3, userDefined: 4, byte: 6 };
type Piece = readonly [text: string, score: number, type?: keyof typeof types];

function encoder(pieces: readonly Piece[], more: Partial<SentencePieceModel> = {}) {
  const model: SentencePieceModel = {
    pieces: pieces.map(([text, score, type = 'normal']) => ({ text, score, type: types[type] })),
    ...{ algorithm: 'bpe', normalization: 'identity', replacesCharacters: false },
    ...{ addsSpace: false, removesSpaces: false },
    ...more,
  };
  const own = new SentencePieceEncoder(model);
  return (text: string) => own.encode(text).map((id) => pieces[id]?.[0]);
}

const base: readonly Piece[] = [
  ['<unk>', 0, 'unknown'],
  ['▁', -9],
  ['a', -9],
  ['b', -9],
  ['c', -9],
];

describe('the encoder of SentencePiece models', () => {
  it('merges the pair with the best score first, and of equal ones the left', () => {
    expect(encoder([...base, ['ab', -2], ['bc', -1]])('abc')).toEqual(['a', 'bc']);
    expect(encoder([...base, ['ab', -1], ['bc', -2]])('abc')).toEqual(['ab', 'c']);
    expect(encoder([...base, ['aa', -1]])('aaa')).toEqual(['aa', 'a']);
  });

  it('never merges control tokens, and finds pieces that users defined before all others', () => {
    expect(encoder([...base, ['ab', 0, 'control']])('ab')).toEqual(['a', 'b']);
    const own = encoder([...base, ['ab', -1], ['bc', 0, 'userDefined'], ['bca', 0, 'userDefined']]);
    expect(own('abca')).toEqual(['a', 'bca']);
    expect(own('abcb')).toEqual(['a', 'bc', 'b']);
  });

  it('writes unknown characters as bytes where there are such tokens, and else as one unknown token', () => {
    expect(encoder(base)('aéèb')).toEqual(['a', '<unk>', 'b']);
    const bytes = [0xc3, 0xa9].map((byte): Piece => [`<0x${byte.toString(16).toUpperCase()}>`, 0, 'byte']);
    expect(encoder([...base, ...bytes])('aé')).toEqual(['a', '<0xC3>', '<0xA9>']);
  });

  it('adds and removes spaces as the model says', () => {
    expect(encoder(base)(' a  b ')).toEqual(['▁', 'a', '▁', '▁', 'b', '▁']);
    expect(encoder(base, { addsSpace: true })('a')).toEqual(['▁', 'a']);
    expect(encoder(base, { addsSpace: true, removesSpaces: true })('  a  b ')).toEqual(['▁', 'a', '▁', 'b']);
    expect(encoder(base, { addsSpace: true })('')).toEqual([]);
  });
});
