/** GET /api/logs (not in Ollama's API): the latest lines of the server's log, which it keeps in memory. */

/** One line. */
export interface LogLine {
  /** RFC 3339, UTC. */
  time: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  /** What the line says beside its message, without anything secret. */
  fields?: Record<string, unknown>;
}

/** Without `?follow=true`. */
export interface LogsResponse {
  /** Oldest first. */
  lines: LogLine[];
}

/** One line of the stream that `?follow=true` asks for. */
export type LogEvent =
  | LogLine
  /** So many lines are missing here, because they came faster than the client read. */
  | { lost: number };
