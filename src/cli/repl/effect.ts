import type { Session } from './session.ts';

export const showSections = ['info', 'license', 'modelfile', 'parameters', 'system', 'template'] as const;
export type ShowSection = (typeof showSections)[number];

/** An effect of a line of input outside the session. */
export type Effect =
  /** Prints a line to standard output. */
  | { readonly type: 'print'; readonly text: string }
  /** Prints a line to standard error. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'chat'; readonly message: string }
  | { readonly type: 'show'; readonly section: ShowSection }
  | { readonly type: 'list'; readonly prefix: string | undefined }
  | { readonly type: 'load'; readonly model: string }
  | { readonly type: 'save'; readonly model: string }
  | { readonly type: 'history'; readonly isKept: boolean }
  | { readonly type: 'exit' };

export interface Step {
  readonly session: Session;
  readonly effects: readonly Effect[];
}

export function step(session: Session, ...effects: Effect[]): Step {
  return { session, effects };
}

export function print(text: string): Effect {
  return { type: 'print', text };
}

export function note(text: string): Effect {
  return { type: 'note', text };
}
