import { OllamaError } from '../base/errors.ts';
import type { ChildErrorCode } from '../protocol/frames.ts';

const childCodes: readonly ChildErrorCode[] = ['invalid-request', 'prompt-too-long', 'overrun', 'canceled'];

/** How the parent is told of an error; one that is nobody's fault but the engine's is `runner-failed`. */
export function childErrorCode(error: unknown): ChildErrorCode {
  const known = error instanceof OllamaError ? error.code : undefined;
  return childCodes.find((code) => code === known) ?? 'runner-failed';
}
