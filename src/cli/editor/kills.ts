/** Text that is cut out and put back: the kill ring of Emacs and readline. */
import { type EditorState, replaceRange } from './editor-state.ts';

const RING_LENGTH = 32;

/** Cuts out the text between the cursor and a place. Kills in a row make one entry. */
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

/** Puts the kill before in the place of the one that has just been put back. */
export function yankOlder(state: EditorState): EditorState {
  const { yanked, killRing } = state;
  if (!yanked) return state;
  return insertKilled(state, yanked.start, (yanked.ringIndex || killRing.length) - 1);
}

/** In the place of the text from `start` to the cursor. */
function insertKilled(state: EditorState, start: number, ringIndex: number): EditorState {
  const killed = state.killRing[ringIndex];
  if (killed === undefined) return state;
  return { ...replaceRange(state, start, state.cursor, killed, 'yank'), yanked: { start, ringIndex } };
}
