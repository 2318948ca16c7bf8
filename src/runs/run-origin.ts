import type { TraceContext } from './trace-context.ts';

/** What those who follow a run from outside know it by. */
export interface RunOrigin {
  /** Absent = nobody follows the request. */
  readonly trace?: TraceContext;
  /** Whether the reply is sent in pieces; absent = the request says so itself. */
  readonly isStream?: boolean;
  /** By which the reply names itself, such as "chatcmpl-5f1c…"; absent = its dialect has no such name. */
  readonly responseId?: string;
  /** The conversation that the request goes on with; absent = the request names none. */
  readonly conversationId?: string;
  /** Where the request arrived; absent = not over a network. */
  readonly server?: { readonly address: string; readonly port: number };
}
