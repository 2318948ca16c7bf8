/** Finds the positions to which keys move the cursor. */
import { type EditorState, moveTo } from './editor-state.ts';
import { graphemesOf, nextBoundary, previousBoundary } from './graphemes.ts';

const wordCharacter = /[\p{L}\p{N}\p{M}_]/u;
/** Maximum column that the cursor keeps when it moves between lines; higher columns are not counted. */
const MAX_GOAL_COLUMN = 2000;

export function lineStart(text: string, index: number): number {
  return index === 0 ? 0 : text.lastIndexOf('\n', index - 1) + 1;
}

export function lineEnd(text: string, index: number): number {
  const end = text.indexOf('\n', index);
  return end < 0 ? text.length : end;
}

export function wordStart(text: string, index: number): number {
  let place = index;
  while (place > 0 && !isWordBefore(text, place)) place = previousBoundary(text, place);
  while (place > 0 && isWordBefore(text, place)) place = previousBoundary(text, place);
  return place;
}

export function wordEnd(text: string, index: number): number {
  let place = index;
  while (place < text.length && !isWordAt(text, place)) place = nextBoundary(text, place);
  while (place < text.length && isWordAt(text, place)) place = nextBoundary(text, place);
  return place;
}

/** Start of the word for Ctrl+W, where words are separated by white space. */
export function bigWordStart(text: string, index: number): number {
  let place = index;
  while (place > 0 && /\s/.test(text.charAt(place - 1))) place--;
  while (place > 0 && !/\s/.test(text.charAt(place - 1))) place--;
  return place;
}

/** @returns undefined in the first line. The column is kept across shorter lines. */
export function lineAbove(state: EditorState): EditorState | undefined {
  const { text, cursor } = state;
  const start = lineStart(text, cursor);
  return start === 0 ? undefined : toColumn(state, lineStart(text, start - 1));
}

/** @returns undefined in the last line */
export function lineBelow(state: EditorState): EditorState | undefined {
  const end = lineEnd(state.text, state.cursor);
  return end === state.text.length ? undefined : toColumn(state, end + 1);
}

function toColumn(state: EditorState, start: number): EditorState {
  const { text, cursor } = state;
  const goal = state.goalColumn ?? countGraphemes(text.slice(lineStart(text, cursor), cursor));
  const end = lineEnd(text, start);
  let place = start;
  for (let column = 0; column < goal && place < end; column++) place = nextBoundary(text, place);
  return moveTo(state, place, goal);
}

function countGraphemes(text: string): number {
  if (text.length > MAX_GOAL_COLUMN) return MAX_GOAL_COLUMN;
  let count = 0;
  for (const _ of graphemesOf(text)) count++;
  return count;
}

function isWordAt(text: string, index: number): boolean {
  return wordCharacter.test(String.fromCodePoint(text.codePointAt(index) ?? 0));
}

function isWordBefore(text: string, index: number): boolean {
  return isWordAt(text, previousBoundary(text, index));
}
