/** Inserts and deletes text. */
import { type EditorState, type EditorStep, replaceRange } from './editor-state.ts';
import { nextBoundary, previousBoundary } from './graphemes.ts';
import { MAX_TEXT_LENGTH } from './key-event.ts';
import { lineStart } from './motion.ts';

/** Inserts as much of the text as fits, and rings the bell if that is not all of it. */
export function insert(state: EditorState, text: string, action: 'type' | 'change'): EditorStep {
  const { cursor } = state;
  const fitting = text.slice(0, MAX_TEXT_LENGTH - state.text.length);
  const next = fitting === '' ? state : replaceRange(state, cursor, cursor, fitting, action);
  return fitting === text ? { state: next } : { state: next, effect: { type: 'bell' } };
}

/** Deletes the character before the cursor. At the start of a line, this joins it to the previous line. */
export function deleteBefore(state: EditorState): EditorState {
  const { text, cursor } = state;
  return cursor === 0 ? state : replaceRange(state, previousBoundary(text, cursor), cursor, '');
}

export function deleteAfter(state: EditorState): EditorState {
  const { text, cursor } = state;
  if (cursor === text.length) return state;
  return replaceRange(state, cursor, nextBoundary(text, cursor), '');
}

/** Swaps the characters before and at the cursor, or the last two at the end of a line, and moves the cursor after them. */
export function transpose(state: EditorState): EditorState {
  const { text, cursor } = state;
  const isAtEnd = cursor === text.length || text[cursor] === '\n';
  const middle = isAtEnd ? previousBoundary(text, cursor) : cursor;
  const lowest = lineStart(text, cursor);
  if (middle <= lowest) return state;
  const start = previousBoundary(text, middle);
  const end = nextBoundary(text, middle);
  return replaceRange(state, start, end, text.slice(middle, end) + text.slice(start, middle));
}
