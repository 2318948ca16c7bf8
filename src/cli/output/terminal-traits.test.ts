import { expect, it } from 'vitest';
import { terminalTraits } from './terminal-traits.ts';

it.each([
  ['a terminal', true, {}, { isTerminal: true, canErase: true, hasColours: true }],
  ['NO_COLOR', true, { NO_COLOR: '1' }, { isTerminal: true, canErase: true, hasColours: false }],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, { isTerminal: true, canErase: true, hasColours: true }],
  ['a dumb terminal', true, { TERM: 'dumb' }, { isTerminal: true, canErase: false, hasColours: false }],
  ['a pipe', false, { TERM: 'xterm' }, { isTerminal: false, canErase: false, hasColours: false }],
])('%s gets what it supports', (_, isTTY, environment, traits) => {
  expect(terminalTraits({ isTTY }, environment)).toEqual(traits);
});
