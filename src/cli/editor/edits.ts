/** Keys that write and delete. */
import { type EditorState, type EditorStep, replaceRange } from './editor-state.ts';
import { nextBoundary, previousBoundary } from './graphemes.ts';
import { MAX_TEXT_LENGTH } from './key-event.ts';
import { lineStart } from './motion.ts';

/** What fits of it; a bell tells when that is not all. */
export function insert(state: EditorState, text: string, action: 'type' | 'change'): EditorStep {
  const { cursor } = state;
  const fitting = text.slice(0, MAX_TEXT_LENGTH - state.text.length);
  const next = fitting === '' ? state : replaceRange(state, cursor, cursor, fitting, action);
  return fitting === text ? { state: next } : { state: next, effect: { type: 'bell' } };
}

/** At the start of a continuation line this joins it to the line before. */
export function deleteBefore(state: EditorState): EditorState {
  const { text, cursor } = state;
  return cursor === 0 ? state : replaceRange(state, previousBoundary(text, cursor), cursor, '');
}

export function deleteAfter(state: EditorState): EditorState {
  const { text, cursor } = state;
  if (cursor === text.length) return state;
  return replaceRange(state, cursor, nextBoundary(text, cursor), '');
}

/** Swaps the characters before and at the cursor, and goes behind them; at a line's end the last two. */
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
