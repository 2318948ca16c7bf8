import { OllamaError } from '../../base/errors.ts';

/** Characters of a name or value in a message: whoever made the file chose it. */
const MAX_QUOTED = 120;

/** A refusal of an adapter. */
export function refusal(message: string): OllamaError {
  return new OllamaError('invalid-request', message);
}

/** A text from a file as part of a message. */
export function quoted(text: string): string {
  return text.length > MAX_QUOTED ? `"${text.slice(0, MAX_QUOTED)}…"` : `"${text}"`;
}
