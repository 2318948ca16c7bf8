import { boundaryFrom } from './graphemes.ts';
import { MAX_TEXT_LENGTH } from './key-event.ts';

/** What the last key did: runs of typing are undone together, runs of kills are yanked together. */
type ActionKind = 'type' | 'change' | 'kill-forward' | 'kill-backward' | 'yank' | 'move';

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

export interface HistorySearch {
  readonly query: string;
  readonly direction: 'back' | 'forward';
  readonly hasFailed: boolean;
  /** What to return to when it is given up. */
  readonly origin: Snapshot & { readonly historyIndex: number };
}

/** Everything the line editor knows. Immutable. Places in the text count UTF-16 units. */
export interface EditorState {
  /** Lines with "\n" between. */
  readonly text: string;
  /** Between two graphemes. */
  readonly cursor: number;
  readonly lastAction: ActionKind;
  /** The column that Up and Down aim at, while they are pressed in turn. */
  readonly goalColumn?: number | undefined;
  /** Newest last. */
  readonly killRing: readonly string[];
  /** The text that Ctrl+Y or Alt+Y inserted last. */
  readonly yanked?: { readonly start: number; readonly ringIndex: number } | undefined;
  /** Newest last. */
  readonly undo: readonly Snapshot[];
  /** Oldest first. */
  readonly history: readonly string[];
  /** The entry that is shown; `history.length` = none but the new text. */
  readonly historyIndex: number;
  /** The new text while an entry is shown. */
  readonly draft: string;
  readonly search?: HistorySearch | undefined;
  readonly lastQuery: string;
}

export type EditorEffect =
  | { readonly type: 'submit'; readonly text: string }
  | { readonly type: 'interrupt'; readonly isLineEmpty: boolean }
  | { readonly type: 'end' | 'edit-externally' | 'suspend' | 'clear-screen' | 'bell' };

export interface EditorStep {
  readonly state: EditorState;
  readonly effect?: EditorEffect;
}

const MAX_UNDO_STEPS = 200;
/** UTF-16 units of all undo steps together. */
const MAX_UNDO_LENGTH = 2 * MAX_TEXT_LENGTH;

export function emptyEditor(history: readonly string[]): EditorState {
  const line = { text: '', cursor: 0, lastAction: 'move', undo: [], draft: '', lastQuery: '' } as const;
  return { ...line, killRing: [], history, historyIndex: history.length };
}

/** The same editor with nothing typed. */
export function nextLine(state: EditorState): EditorState {
  return { ...emptyEditor(state.history), killRing: state.killRing, lastQuery: state.lastQuery };
}

export function moveTo(state: EditorState, cursor: number, goalColumn?: number): EditorState {
  return { ...state, cursor, goalColumn, lastAction: 'move', yanked: undefined };
}

/** Puts text in the place of other text, with the cursor behind it, so that it can be undone. */
export function replaceRange(
  state: EditorState,
  start: number,
  end: number,
  inserted: string,
  action: ActionKind = 'change',
): EditorState {
  const text = state.text.slice(0, start) + inserted + state.text.slice(end);
  const cursor = boundaryFrom(text, start + inserted.length);
  const goesOn = action === 'type' && state.lastAction === 'type' && inserted !== ' ';
  const undo = goesOn ? state.undo : remembered(state);
  return { ...state, text, cursor, undo, lastAction: action, goalColumn: undefined, yanked: undefined };
}

/** The whole text anew, as an external editor leaves it. */
export function replaceText(state: EditorState, text: string): EditorState {
  return text === state.text ? state : replaceRange(state, 0, state.text.length, text);
}

export function undo(state: EditorState): EditorState {
  const last = state.undo.at(-1);
  if (!last) return state;
  return { ...moveTo(state, last.cursor), text: last.text, undo: state.undo.slice(0, -1) };
}

function remembered({ undo: steps, text, cursor }: EditorState): readonly Snapshot[] {
  let kept: readonly Snapshot[] = [...steps.slice(1 - MAX_UNDO_STEPS), { text, cursor }];
  let length = kept.reduce((sum, step) => sum + step.text.length, 0);
  while (length > MAX_UNDO_LENGTH && kept.length > 1) {
    length -= kept[0]?.text.length ?? 0;
    kept = kept.slice(1);
  }
  return kept;
}
