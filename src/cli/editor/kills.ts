/** Cuts and pastes text with a kill ring, as in Emacs and readline. */
import { type EditorState, replaceRange } from './editor-state.ts';

const RING_LENGTH = 32;

/** Cuts the text between the cursor and a position. Consecutive kills are joined into one entry. */
export function killTo(state: EditorState, place: number): EditorState {
  const { text, cursor, killRing, lastAction } = state;
  if (place === cursor) return state;
  const [start, end] = place < cursor ? [place, cursor] : [cursor, place];
  const action = place < cursor ? 'kill-backward' : 'kill-forward';
  const killed = text.slice(start, end);
  const goesOn = lastAction === 'kill-forward' || lastAction === 'kill-backward';
  const last = goesOn ? (killRing.at(-1) ?? '') : '';
  const entry = action === 'kill-backward' ? killed + last : last + killed;
  const others = goesOn ? killRing.slice(0, -1) : killRing.slice(1 - RING_LENGTH);
  return { ...replaceRange(state, start, end, '', action), killRing: [...others, entry] };
}

export function yank(state: EditorState): EditorState {
  return insertKilled(state, state.cursor, state.killRing.length - 1);
}

/** Replaces the text that was just pasted by the previous entry of the kill ring. */
export function yankOlder(state: EditorState): EditorState {
  const { yanked, killRing } = state;
  if (!yanked) return state;
  return insertKilled(state, yanked.start, (yanked.ringIndex || killRing.length) - 1);
}

/** Replaces the text from `start` to the cursor by an entry of the kill ring. */
function insertKilled(state: EditorState, start: number, ringIndex: number): EditorState {
  const killed = state.killRing[ringIndex];
  if (killed === undefined) return state;
  return { ...replaceRange(state, start, state.cursor, killed, 'yank'), yanked: { start, ringIndex } };
}
