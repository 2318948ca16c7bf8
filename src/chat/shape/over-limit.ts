import { isTimeout } from '../../base/time-limit.ts';
import { OverLimit } from '../../base/work-meter.ts';

/** Whether rendering ended at a limit, rather than because of the conversation. */
export function isOverLimit(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return error instanceof OverLimit || cause instanceof OverLimit || isTimeout(error) || isTimeout(cause);
}
