import { OllamaError } from '../base/errors.ts';

/** The error of a picture or sound that cannot be used. @param reason a sentence such as "the PNG file ends early" */
export function unusable(reason: string): OllamaError {
  return new OllamaError('invalid-request', reason);
}
