import type { KeyEvent } from '../../editor/key-event.ts';

export interface PickerItem {
  /** What is chosen. */
  readonly name: string;
  /** What is shown in its place, if that is another text. */
  readonly title?: string;
  readonly description?: string;
}

/** A list from which one item is chosen; typing narrows it down. */
export interface PickerState {
  readonly items: readonly PickerItem[];
  readonly filter: string;
  /** Index among the shown items. */
  readonly selected: number;
}

export type PickerOutcome =
  | { readonly type: 'chosen'; readonly name: string }
  | { readonly type: 'canceled' };

/** More than any name has. */
const MAX_FILTER = 200;
const steps: Readonly<Record<string, number>> = { up: -1, 'C-p': -1, down: 1, 'C-n': 1 };
const cancelKeys = ['escape', 'C-c', 'C-d'];

/** @param current the name that is selected first */
export function startPicker(items: readonly PickerItem[], current: string): PickerState {
  return {
    items,
    filter: '',
    selected: Math.max(
      0,
      items.findIndex(({ name }) => name === current),
    ),
  };
}

export function shownItems({ items, filter }: PickerState): readonly PickerItem[] {
  const wanted = filter.toLowerCase();
  return items.filter(({ name, title = '' }) => `${name}\n${title}`.toLowerCase().includes(wanted));
}

export function pressKey(
  state: PickerState,
  key: KeyEvent,
): { readonly state: PickerState; readonly outcome?: PickerOutcome } {
  if (key.type !== 'key') return { state: narrowed(state, state.filter + key.text) };
  if (cancelKeys.includes(key.name)) return { state, outcome: { type: 'canceled' } };
  const shown = shownItems(state);
  if (key.name === 'enter') {
    const chosen = shown[state.selected];
    return chosen ? { state, outcome: { type: 'chosen', name: chosen.name } } : { state };
  }
  if (key.name === 'backspace' || key.name === 'C-h') {
    return { state: narrowed(state, [...state.filter].slice(0, -1).join('')) };
  }
  const step = steps[key.name];
  if (step === undefined || shown.length === 0) return { state };
  return { state: { ...state, selected: (state.selected + step + shown.length) % shown.length } };
}

function narrowed(state: PickerState, filter: string): PickerState {
  if (filter === state.filter) return state;
  return { ...state, filter: filter.replace(/\p{Cc}/gu, '').slice(0, MAX_FILTER), selected: 0 };
}
