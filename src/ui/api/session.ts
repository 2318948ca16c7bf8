/** The session of this page, where the server needs a key. */
import { signal } from '@preact/signals';
import type { Scope } from '../../api/scopes.ts';
import type { SessionResponse } from '../../api/session.ts';

interface SessionState {
  readonly session?: SessionResponse;
  /** Whether the server refused a request for want of a key. */
  readonly needsKey: boolean;
  /** What the server said when it refused. */
  readonly problem?: string;
}

export const sessionState = signal<SessionState>({ needsKey: false });

/** The token that proves that a request comes from this page; undefined without a session. */
export function csrfToken(): string | undefined {
  return sessionState.value.session?.csrf_token;
}

/** Whether this page has a right, as far as it knows: without a session, no key was needed so far. */
export function may(scope: Scope): boolean {
  const scopes = sessionState.value.session?.key.scopes;
  return scopes === undefined || scopes.includes(scope) || scopes.includes('admin');
}

/** Notes that the server refused a request for want of a key. */
export function noteRefusal(problem: string): void {
  sessionState.value = { needsKey: true, problem };
}

/** Asks the server whether this browser has a session. */
export async function loadSession(): Promise<void> {
  try {
    const response = await fetch('/api/session');
    if (response.status === 200)
      sessionState.value = { session: (await response.json()) as SessionResponse, needsKey: false };
  } catch {
    // Without a server there is no session either; the pages say that it does not answer.
  }
}

/** Exchanges a key for a session. @returns what is wrong, or undefined */
export async function openSession(key: string): Promise<string | undefined> {
  try {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch('/api/session', { method: 'POST', headers, body: JSON.stringify({ key }) });
    const reply = (await response.json()) as SessionResponse & { error?: string };
    if (!response.ok) return reply.error ?? response.statusText;
    sessionState.value = { session: reply, needsKey: false };
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Ends the session, on the server too. */
export async function closeSession(): Promise<void> {
  const token = csrfToken();
  await fetch('/api/session', {
    method: 'DELETE',
    ...(token !== undefined && { headers: { 'X-CSRF-Token': token } }),
  });
  sessionState.value = { needsKey: false };
}
