import type { RequestContext } from '../server-parts.ts';

/** What the handling of a request adds to its line in the audit log. */
export interface AuditNote {
  /** What the request turned out to do. */
  action?: string;
  /** Texts of the request, as they came. */
  subject: Readonly<Record<string, string>>;
  hasFailed: boolean;
}

/** The fields that say what a request is about. None of them holds a text for a model. */
const subjectFields = ['model', 'name', 'source', 'destination', 'from', 'digest'] as const;

/** Notes what a parsed request is about. Does nothing unless there is an audit log. */
export function noteSubject(context: RequestContext, request: unknown): void {
  const note = context.get('audit');
  if (!note || typeof request !== 'object' || request === null) return;
  const fields = request as Readonly<Record<string, unknown>>;
  const found = subjectFields.flatMap((name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return typeof value === 'string' && value !== '' ? [[name, value] as const] : [];
  });
  note.subject = { ...note.subject, ...Object.fromEntries(found) };
}

/** Notes that a request did something that its path does not say. */
export function noteAction(context: RequestContext, action: string): void {
  const note = context.get('audit');
  if (note) note.action = action;
}
