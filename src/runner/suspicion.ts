/** How likely it is that a request itself made its runner hang or crash. */
import { OllamaError } from '../base/errors.ts';
import { exitCause, type ProcessExit } from '../platform/process-exit.ts';

/** Each of several requests shares the blame, but never has less than this part: it may be the same one each time. */
const MIN_SHARE = 1 / 4;
/** A crash may have other causes, such as memory, so it takes three to be sure. A hang is sure at once. */
const CRASHES_TO_BE_SURE = 3;

/** A failure that the request itself may have caused. */
export class SuspectError extends OllamaError {
  /** From 0 to 1; the suspicions of one request add up, and 1 is certain. */
  readonly suspicion: number;

  constructor(error: OllamaError, suspicion: number) {
    super(error.code, error.message, { status: error.status });
    this.suspicion = suspicion;
  }
}

/** @param requests number of requests that the runner was serving */
export function suspicionOfHang(requests: number): number {
  return Math.max(1 / Math.max(1, requests), MIN_SHARE);
}

/** @param requests number of requests that the runner was serving */
export function suspicionOfExit(
  exit: ProcessExit,
  requests: number,
  platform: string = process.platform,
): number {
  return exitCause(exit, platform) === 'fault' ? suspicionOfHang(requests) / CRASHES_TO_BE_SURE : 0;
}
