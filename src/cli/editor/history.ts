/** Moves through the history of lines that were sent. */
import { type EditorState, moveTo } from './editor-state.ts';

export function olderEntry(state: EditorState): EditorState {
  return showEntry(state, state.historyIndex - 1);
}

export function newerEntry(state: EditorState): EditorState {
  return showEntry(state, state.historyIndex + 1);
}

/** Shows an entry. @param index `history.length` = the new text. @param cursor the end of the entry unless given */
export function showEntry(state: EditorState, index: number, cursor?: number): EditorState {
  const { history, historyIndex, text } = state;
  if (index < 0 || index > history.length) return state;
  const draft = historyIndex === history.length ? text : state.draft;
  const entry = history[index] ?? draft;
  const undo = index === historyIndex ? state.undo : [];
  return { ...moveTo(state, cursor ?? entry.length), text: entry, historyIndex: index, draft, undo };
}

/** @returns the history with a new entry; unchanged if the entry is empty or the same as the last one */
export function withEntry(history: readonly string[], entry: string, maxLength: number): readonly string[] {
  if (entry.trim() === '' || entry === history.at(-1)) return history;
  return [...history.slice(1 - maxLength), entry];
}
