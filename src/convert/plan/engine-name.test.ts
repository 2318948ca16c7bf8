import { describe, expect, it } from 'vitest';
import { engineName } from './engine-name.ts';

const added = (stripsRight: boolean) => [
  { text: '<s>', stripsRight: false },
  { text: '<|endoftext|>', stripsRight: false },
  { text: '<|user|>', stripsRight },
];
const phi3 = { tokens: new Set(['</s>', '<unk>', '<s>', '<|endoftext|>']), addedTokens: added(true) };

describe('the name of a model whose tokens swallow white space as those of Phi 3', () => {
  it.each([
    ['Phi 3 Mini 4k Instruct', 'Phi-3 Mini 4k Instruct'],
    ['My Phi3 Mini', 'My Phi3 Mini'],
    ['Assistant', 'Assistant (Phi-3)'],
    [undefined, 'Phi-3'],
  ])('is %s as %s', (name, expected) => {
    expect(engineName(name, phi3)).toBe(expected);
  });
});

describe('the name of any other model', () => {
  it('loses what makes the engine look for tokens that are not there', () => {
    const { addedTokens } = phi3;
    expect(engineName('phi3-tiny', { tokens: new Set(['<s>', '</s>']), addedTokens })).toBe('Phi 3-tiny');
    expect(engineName('Not Phi-3', { ...phi3, addedTokens: added(false) })).toBe('Not Phi 3');
  });

  it('stays as it is', () => {
    expect(engineName('Phi 4', { ...phi3, addedTokens: added(false) })).toBe('Phi 4');
    expect(engineName(undefined, { tokens: new Set(), addedTokens: [] })).toBeUndefined();
  });
});
