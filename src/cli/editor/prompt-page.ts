import type { EditorState, HistorySearch } from './editor-state.ts';
import type { Page } from './layout.ts';
import type { IsComplete } from './reducer.ts';

const PROMPT = '>>> ';
const CONTINUATION_PROMPT = '... ';
const PLACEHOLDER = 'Send a message (/? for help)';
const CONTINUATION_PLACEHOLDER = 'Press Enter to send';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The page that the prompt shows while a line is being typed. */
export function editingPage(state: EditorState, size: Size, isComplete: IsComplete): Page {
  const page = submittedPage(state, size);
  return { ...page, cursor: state.cursor, prompt: promptFor(state.search), hint: hintFor(state, isComplete) };
}

/** The page after the text was sent: without hints, and with the cursor at its end. */
export function submittedPage({ text }: EditorState, size: Size): Page {
  // A terminal that does not know its size reports 0.
  const columns = size.columns || 80;
  const rows = size.rows || 24;
  const prompts = { prompt: PROMPT, continuationPrompt: CONTINUATION_PROMPT, hint: '' };
  return { ...prompts, text, cursor: text.length, columns, rows };
}

function promptFor(search: HistorySearch | undefined): string {
  if (!search) return PROMPT;
  const kind = `${search.hasFailed ? 'failed ' : ''}${search.direction === 'back' ? 'reverse-' : ''}i-search`;
  return `(${kind})'${search.query}': `;
}

function hintFor({ text, cursor, search }: EditorState, isComplete: IsComplete): string {
  if (search) return '';
  if (text === '') return PLACEHOLDER;
  const isInEmptyLine = cursor === text.length && text.endsWith('\n');
  return isInEmptyLine && isComplete(text.slice(0, -1)) ? CONTINUATION_PLACEHOLDER : '';
}
