import type { OutputEvent } from '../output/output-parser.ts';
import type { Reading } from './chat-format.ts';

/** The reading of a completion that consists only of text. */
export function textReading(): Reading {
  const push = (text: string): OutputEvent[] => (text === '' ? [] : [{ type: 'content', text }]);
  return { parser: { push, end: () => [] }, visibleTokens: [] };
}
