import { describe, expect, it } from 'vitest';
import type { KeyEvent } from '../../editor/key-event.ts';
import { pickerPage } from './picker-page.ts';
import {
  type PickerItem,
  type PickerOutcome,
  type PickerState,
  pressKey,
  startPicker,
} from './picker-state.ts';

const items: PickerItem[] = [
  { name: 'run', title: 'Run a model' },
  { name: 'claude', description: "Anthropic's coding tool" },
  { name: 'codex' },
  { name: 'opencode' },
];

const key = (name: string): KeyEvent => ({ type: 'key', name });
const text = (typed: string): KeyEvent => ({ type: 'text', text: typed });

function press(state: PickerState, ...keys: KeyEvent[]): { state: PickerState; outcome?: PickerOutcome } {
  let result: ReturnType<typeof press> = { state };
  for (const each of keys) result = pressKey(result.state, each);
  return result;
}

describe('the list', () => {
  it('begins at the current item, or at the first one', () => {
    expect(press(startPicker(items, 'codex'), key('enter')).outcome).toEqual({
      type: 'chosen',
      name: 'codex',
    });
    expect(press(startPicker(items, 'gone'), key('enter')).outcome).toEqual({ type: 'chosen', name: 'run' });
  });

  it('moves with the keys of the editor, and around its ends', () => {
    const chosen = (...keys: string[]) =>
      press(startPicker(items, ''), ...keys.map(key), key('enter')).outcome;
    expect(chosen('down', 'C-n', 'up')).toEqual({ type: 'chosen', name: 'claude' });
    expect(chosen('up')).toEqual({ type: 'chosen', name: 'opencode' });
    expect(chosen('up', 'down')).toEqual({ type: 'chosen', name: 'run' });
  });

  it('shows only what contains the typed text, in name or title', () => {
    const typed = press(startPicker(items, ''), text('CODE'));
    expect(press(typed.state, key('down'), key('enter')).outcome).toEqual({
      type: 'chosen',
      name: 'opencode',
    });
    expect(press(startPicker(items, ''), text('model'), key('enter')).outcome).toEqual({
      type: 'chosen',
      name: 'run',
    });
  });

  it('chooses nothing if nothing matches, until the text is corrected', () => {
    const typed = press(startPicker(items, ''), text('codexx'), key('enter'), key('down'));
    expect(typed.outcome).toBeUndefined();
    expect(press(typed.state, key('backspace'), key('enter')).outcome).toEqual({
      type: 'chosen',
      name: 'codex',
    });
  });

  it.each(['escape', 'C-c', 'C-d'])('is left with %s', (name) => {
    expect(press(startPicker(items, ''), key(name)).outcome).toEqual({ type: 'canceled' });
  });
});

describe('the page', () => {
  const page = (state: PickerState, columns = 60, rows = 24) => {
    const frame = pickerPage('Which one?', state, { columns, rows });
    return { ...frame, lines: frame.rows.map(({ text: shown, hint = '' }) => shown + hint) };
  };

  it('marks the selected item, aligns descriptions, and puts the cursor behind the typed text', () => {
    const { lines, cursor } = page(press(startPicker(items, 'claude'), text('c')).state);
    expect(lines).toEqual([
      'Which one? c',
      "▸ claude     Anthropic's coding tool",
      '  codex',
      '  opencode',
      '↑/↓ to move, Enter to choose, Esc to cancel',
    ]);
    expect(cursor).toEqual({ row: 0, column: 12 });
  });

  it('never fills the last column, however narrow the terminal is', () => {
    for (const columns of [1, 2, 5, 10, 20, 40]) {
      for (const { text: shown, hint = '' } of page(startPicker(items, ''), columns).rows) {
        expect([...(shown + hint)].length).toBeLessThanOrEqual(Math.max(1, columns - 1));
      }
    }
  });

  it('shows the part of a long list around the selected item', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ name: `model-${index}` }));
    const { lines } = page(startPicker(many, 'model-50'), 60, 10);
    expect(lines).toHaveLength(9);
    expect(lines).toContain('▸ model-50');
  });

  it('says that nothing matches', () => {
    expect(page(press(startPicker(items, ''), text('zzz')).state).lines[1]).toBe('  nothing matches');
  });
});
