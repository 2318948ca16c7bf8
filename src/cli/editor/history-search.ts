/** Ctrl+R and Ctrl+S: incremental search in the history. */
import type { EditorState, HistorySearch } from './editor-state.ts';
import { boundaryFrom, previousBoundary } from './graphemes.ts';
import { showEntry } from './history.ts';

type Direction = HistorySearch['direction'];

export function startSearch(state: EditorState, direction: Direction): EditorState {
  const { text, cursor, historyIndex } = state;
  const origin = { text, cursor, historyIndex };
  return { ...state, search: { query: '', direction, hasFailed: false, origin } };
}

/** Finds the next match. Without a query, the query of the previous search is used. */
export function searchOn(state: EditorState, search: HistorySearch, direction: Direction): EditorState {
  if (search.query === '') return find(state, { ...search, direction, query: state.lastQuery }, 0);
  return find(state, { ...search, direction }, 1);
}

export function extendQuery(state: EditorState, search: HistorySearch, text: string): EditorState {
  return find(state, { ...search, query: search.query + text.replaceAll('\n', ' ') }, 0);
}

/** Removes the last character of the query, and searches again from where the search began. */
export function shortenQuery(state: EditorState, search: HistorySearch): EditorState {
  const query = search.query.slice(0, previousBoundary(search.query, search.query.length));
  return find(cancelSearch(state, search), { ...search, query }, 0);
}

/** Ends the search and keeps the entry that it found. */
export function acceptSearch(state: EditorState): EditorState {
  return { ...state, search: undefined, lastQuery: state.search?.query || state.lastQuery };
}

export function cancelSearch(state: EditorState, { origin }: HistorySearch): EditorState {
  return { ...acceptSearch(showEntry(state, origin.historyIndex, origin.cursor)), text: origin.text };
}

/** @param skip number of entries to skip, starting with the one that is shown */
function find(state: EditorState, search: HistorySearch, skip: number): EditorState {
  const { history, historyIndex, text } = state;
  const { query } = search;
  if (query === '') return { ...state, search: { ...search, hasFailed: false } };
  const step = search.direction === 'back' ? -1 : 1;
  for (let index = historyIndex + step * skip; index >= 0 && index <= history.length; index += step) {
    const entry = history[index];
    if (entry === undefined || (skip > 0 && entry === text)) continue;
    const place = search.direction === 'back' ? entry.lastIndexOf(query) : entry.indexOf(query);
    if (place >= 0) {
      return {
        ...showEntry(state, index, boundaryFrom(entry, place)),
        search: { ...search, hasFailed: false },
      };
    }
  }
  return { ...state, search: { ...search, hasFailed: true } };
}
