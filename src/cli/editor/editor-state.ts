import { boundaryFrom } from './graphemes.ts';
import { MAX_TEXT_LENGTH } from './key-event.ts';

/** The kind of the last action. Consecutive typing is undone together, and consecutive kills are yanked together. */
type ActionKind = 'type' | 'change' | 'kill-forward' | 'kill-backward' | 'yank' | 'move';

interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

export interface HistorySearch {
  readonly query: string;
  readonly direction: 'back' | 'forward';
  readonly hasFailed: boolean;
  /** State to restore if the search is canceled. */
  readonly origin: Snapshot & { readonly historyIndex: number };
}

/** The whole state of the line editor. Immutable. Positions in the text are in UTF-16 units. */
export interface EditorState {
  /** Lines separated by "\n". */
  readonly text: string;
  /** Position on a grapheme boundary. */
  readonly cursor: number;
  readonly lastAction: ActionKind;
  /** The column that consecutive presses of Up and Down aim at. */
  readonly goalColumn?: number | undefined;
  /** Newest last. */
  readonly killRing: readonly string[];
  /** Position and source of the text that Ctrl+Y or Alt+Y inserted last. */
  readonly yanked?: { readonly start: number; readonly ringIndex: number } | undefined;
  /** Newest last. */
  readonly undo: readonly Snapshot[];
  /** Oldest first. */
  readonly history: readonly string[];
  /** Index of the entry that is shown; `history.length` = the new text. */
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
/** Maximum number of UTF-16 units of all undo steps together. */
const MAX_UNDO_LENGTH = 2 * MAX_TEXT_LENGTH;

export function emptyEditor(history: readonly string[]): EditorState {
  const line = { text: '', cursor: 0, lastAction: 'move', undo: [], draft: '', lastQuery: '' } as const;
  return { ...line, killRing: [], history, historyIndex: history.length };
}

/** The same editor with an empty text. */
export function nextLine(state: EditorState): EditorState {
  return { ...emptyEditor(state.history), killRing: state.killRing, lastQuery: state.lastQuery };
}

export function moveTo(state: EditorState, cursor: number, goalColumn?: number): EditorState {
  return { ...state, cursor, goalColumn, lastAction: 'move', yanked: undefined };
}

/** Replaces a range of the text and puts the cursor after the inserted text. Can be undone. */
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

/** Replaces the whole text, for example by the result of an external editor. */
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
