import { OllamaError } from '../base/errors.ts';
import type { Position } from './ast.ts';

/** An error in a template or during its execution, with its line and column. */
export function templateError({ line, column }: Position, reason: string, cause?: unknown): OllamaError {
  return new OllamaError('invalid-request', `template: line ${line}, column ${column}: ${reason}`, { cause });
}
