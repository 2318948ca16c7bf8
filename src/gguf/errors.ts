import { OllamaError } from '../base/errors.ts';

/** Maximum number of characters of a file's own text that an error repeats. */
const LONGEST_QUOTE = 64;

export function invalidGguf(reason: string): OllamaError {
  return new OllamaError('invalid-request', `invalid GGUF file: ${reason}`);
}

/** Makes text from a file safe to print: short, on one line, without control characters. */
export function quote(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(short.replaceAll(/\p{Cc}/gu, '\ufffd'));
}
