/** The line editor as a pure function: it maps a state and a key to the next state and an effect outside the editor. */

import { type EditorState, type EditorStep, moveTo, nextLine, undo } from './editor-state.ts';
import { deleteAfter, deleteBefore, insert, transpose } from './edits.ts';
import { nextBoundary, previousBoundary } from './graphemes.ts';
import { newerEntry, olderEntry } from './history.ts';
import {
  acceptSearch,
  cancelSearch,
  extendQuery,
  searchOn,
  shortenQuery,
  startSearch,
} from './history-search.ts';
import type { KeyEvent } from './key-event.ts';
import { killTo, yank, yankOlder } from './kills.ts';
import { bigWordStart, lineAbove, lineBelow, lineEnd, lineStart, wordEnd, wordStart } from './motion.ts';

/** Whether Enter sends a text; otherwise it begins a new line. */
export type IsComplete = (text: string) => boolean;
type Action = (state: EditorState) => EditorState;
type Place = (text: string, cursor: number) => number;

const TAB = ' '.repeat(8);

const to =
  (place: Place): Action =>
  (state) =>
    moveTo(state, place(state.text, state.cursor));
const kill =
  (place: Place): Action =>
  (state) =>
    killTo(state, place(state.text, state.cursor));
/** If the cursor is already at the edge of a line, takes the position beyond the line break. */
const orBreak =
  (place: Place, beyond: Place): Place =>
  (text, cursor) => {
    const found = place(text, cursor);
    return found === cursor ? beyond(text, cursor) : found;
  };
const up: Action = (state) => lineAbove(state) ?? olderEntry(state);
const down: Action = (state) => lineBelow(state) ?? newerEntry(state);
const back: Action = (state) => startSearch(state, 'back');
const forward: Action = (state) => startSearch(state, 'forward');

const actions: Readonly<Record<string, Action>> = {
  'C-a': to(lineStart),
  home: to(lineStart),
  'C-e': to(lineEnd),
  end: to(lineEnd),
  'C-b': to(previousBoundary),
  left: to(previousBoundary),
  'C-f': to(nextBoundary),
  right: to(nextBoundary),
  'M-b': to(wordStart),
  'C-left': to(wordStart),
  'M-left': to(wordStart),
  'M-f': to(wordEnd),
  'C-right': to(wordEnd),
  'M-right': to(wordEnd),
  'C-home': to(() => 0),
  'C-end': to((text) => text.length),
  up,
  'C-p': up,
  down,
  'C-n': down,
  'C-k': kill(orBreak(lineEnd, nextBoundary)),
  'C-u': kill(orBreak(lineStart, previousBoundary)),
  'C-w': kill(bigWordStart),
  'M-backspace': kill(wordStart),
  'C-backspace': kill(wordStart),
  'M-d': kill(wordEnd),
  'C-delete': kill(wordEnd),
  'C-y': yank,
  'M-y': yankOlder,
  'C-t': transpose,
  'C-_': undo,
  backspace: deleteBefore,
  'C-h': deleteBefore,
  delete: deleteAfter,
  'C-r': back,
  'C-s': forward,
};

const commands: Readonly<Record<string, (state: EditorState, isComplete: IsComplete) => EditorStep>> = {
  enter: submit,
  'C-j': (state) => insert(state, '\n', 'change'),
  'M-enter': (state) => insert(state, '\n', 'change'),
  tab: (state) => insert(state, TAB, 'change'),
  'C-c': (state) => ({
    state: nextLine(state),
    effect: { type: 'interrupt', isLineEmpty: state.text === '' },
  }),
  'C-d': (state) => (state.text === '' ? { state, effect: { type: 'end' } } : { state: deleteAfter(state) }),
  'C-g': (state) => ({ state, effect: { type: 'edit-externally' } }),
  'C-l': (state) => ({ state, effect: { type: 'clear-screen' } }),
  'C-z': (state) => ({ state, effect: { type: 'suspend' } }),
};

/** Applies one event. Keys without a meaning change nothing. */
export function reduce(state: EditorState, event: KeyEvent, isComplete: IsComplete): EditorStep {
  if (state.search) return reduceSearch(state, event, isComplete);
  if (event.type === 'text') return insert(state, event.text, 'type');
  if (event.type === 'paste') {
    const step = insert(state, event.text, 'change');
    return event.isCut ? { ...step, effect: { type: 'bell' } } : step;
  }
  const action = actions[event.name];
  return action ? { state: action(state) } : (commands[event.name]?.(state, isComplete) ?? { state });
}

/** A key that has no meaning in a search ends the search at the current entry, and then has its usual effect. */
function reduceSearch(state: EditorState, event: KeyEvent, isComplete: IsComplete): EditorStep {
  const { search } = state;
  if (!search) return { state };
  if (event.type !== 'key') return { state: extendQuery(state, search, event.text) };
  switch (event.name) {
    case 'C-r':
      return { state: searchOn(state, search, 'back') };
    case 'C-s':
      return { state: searchOn(state, search, 'forward') };
    case 'backspace':
    case 'C-h':
      return { state: shortenQuery(state, search) };
    case 'C-g':
    case 'C-c':
      return { state: cancelSearch(state, search) };
    case 'escape':
      return { state: acceptSearch(state) };
    default:
      return reduce(acceptSearch(state), event, isComplete);
  }
}

/** Sends the text without line breaks at its end, which a paste may contain. */
function submit(state: EditorState, isComplete: IsComplete): EditorStep {
  const text = state.text.replace(/(?<!\n)\n+$/, '');
  if (!isComplete(text)) return insert(state, '\n', 'change');
  return { state: nextLine(state), effect: { type: 'submit', text } };
}
