import { OllamaError } from '../base/errors.ts';

/** Why an operation of a template fails, as an exception in Python does; the template adds the position. */
export class JinjaError extends Error {}

/** `line L, column C`, both from 1. */
export function positionText(source: string, offset: number): string {
  const before = source.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${before.length - before.lastIndexOf('\n')}`;
}

/** An error in the syntax of a template, with the line and column of its tag. */
export function syntaxError(source: string, offset: number, reason: string): OllamaError {
  return new OllamaError('invalid-request', `${positionText(source, offset)}: ${reason}`);
}
