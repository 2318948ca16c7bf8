/** What the server and a worker process send each other. */
import { type ErrorCode, messageOf, OllamaError } from '../base/errors.ts';
import type { PartFrame } from './bulk.ts';

/** One task for a worker. `input` is structured-clonable. */
export interface TaskFrame {
  readonly name: string;
  readonly input: unknown;
  readonly salt?: string | undefined;
}

/** Parts of a task's arrays come before its value, which then says so. */
export type ReplyFrame =
  | PartFrame
  | { readonly value: unknown; readonly hasParts?: boolean }
  | { readonly failure: TaskFailure };

/** The first frame of a worker, once it can take tasks. */
export const READY = 'ready';

/** An error in a form that crosses the border between processes. Without a code it is a fault of the program. */
interface TaskFailure {
  readonly message: string;
  readonly code?: ErrorCode;
  readonly status?: number;
  readonly stack?: string;
}

export function failureOf(error: unknown): TaskFailure {
  const message = messageOf(error);
  if (error instanceof OllamaError) return { message, code: error.code, status: error.status };
  return { message, ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }) };
}

export function errorOf({ message, code, status, stack }: TaskFailure): Error {
  if (code !== undefined) return new OllamaError(code, message, status === undefined ? {} : { status });
  const fault = new Error(message);
  if (stack !== undefined) fault.stack = stack;
  return fault;
}
