import { OllamaError } from '../base/errors.ts';
import type { Position } from './ast.ts';

/** An error in a template, or of its execution, naming the place. */
export function templateError({ line, column }: Position, reason: string): OllamaError {
  return new OllamaError('invalid-request', `template: line ${line}, column ${column}: ${reason}`);
}
