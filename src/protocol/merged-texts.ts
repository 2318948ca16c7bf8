import type { CompletionEvent } from './completion.ts';

/**
 * Merges two texts, so that a slow reader does not make us hold one object per token. Of two reports of progress, the later
 * one says it all.
 */
export function mergedTexts(last: CompletionEvent, next: CompletionEvent): CompletionEvent | undefined {
  if (last.type === 'progress' && next.type === 'progress') return next;
  if (last.type !== 'text' || next.type !== 'text') return undefined;
  if (last.logprobs || next.logprobs) return undefined;
  return { type: 'text', text: last.text + next.text, count: (last.count ?? 1) + (next.count ?? 1) };
}
