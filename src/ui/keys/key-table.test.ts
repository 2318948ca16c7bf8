import { describe, expect, it } from 'vitest';
import { keyCaps, keyName, keyTable, type PressedKey } from './key-table.ts';

const press = (key: string, ...held: ('ctrl' | 'meta' | 'alt' | 'shift')[]): PressedKey => ({
  key,
  ctrlKey: held.includes('ctrl'),
  metaKey: held.includes('meta'),
  altKey: held.includes('alt'),
  shiftKey: held.includes('shift'),
});

describe('keyName', () => {
  it.each([
    [press('k', 'ctrl'), 'palette'],
    [press('k', 'meta'), 'palette'],
    [press('O', 'ctrl', 'shift'), 'newChat'],
    [press('?', 'shift'), 'help'],
    [press('ArrowUp', 'alt'), 'branchBefore'],
    [press('Escape'), 'stop'],
    [press(',', 'alt'), 'chatSettings'],
  ])('knows %j', (pressed, name) => {
    expect(keyName(pressed, false)).toBe(name);
  });

  it.each([
    press('k'),
    press('k', 'ctrl', 'alt'),
    press('o', 'ctrl'),
    press('Escape', 'shift'),
    press('ArrowUp'),
    press('Control', 'ctrl'),
  ])('knows no other: %j', (pressed) => {
    expect(keyName(pressed, false)).toBeUndefined();
  });

  it('leaves what can be typed to a text that is written', () => {
    expect(keyName(press('?', 'shift'), true)).toBeUndefined();
    expect(keyName(press('End'), true)).toBeUndefined();
    expect(keyName(press('Escape'), true)).toBe('stop');
    expect(keyName(press('Enter', 'ctrl'), true)).toBe('send');
  });
});

it('has each chord once', () => {
  const keys = Object.values(keyTable).map((row) => row.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

it('shows keys as keyboards do', () => {
  expect([keyCaps('branchBefore'), keyCaps('stop')]).toEqual([['Alt', '↑'], ['Esc']]);
});
