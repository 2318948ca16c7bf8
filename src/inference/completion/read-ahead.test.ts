import { expect, it } from 'vitest';
import type { CompletionEvent } from '../../protocol/completion.ts';
import { mergedTexts } from '../../protocol/merged-texts.ts';
import { readAhead } from './read-ahead.ts';

const PIECES = 9000;

async function* manyTexts(): AsyncGenerator<CompletionEvent> {
  for (let piece = 0; piece < PIECES; piece++) yield { type: 'text', text: 'a' };
}

it('counts every piece of text, also those that nobody has read', async () => {
  let counted = 0;
  let hasEnded = false;
  const events = readAhead({
    complete: manyTexts,
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.type === 'text') counted += event.count ?? 1;
    },
    onEnd: () => {
      hasEnded = true;
    },
  });
  await events.next();
  await expect.poll(() => hasEnded).toBe(true);
  await events.return?.();
  expect(counted).toBe(PIECES);
});

it('knows how many pieces of text were merged before they came', () => {
  const two = mergedTexts({ type: 'text', text: 'a' }, { type: 'text', text: 'b' });
  const three = two && mergedTexts(two, { type: 'text', text: 'c' });
  expect(three).toEqual({ type: 'text', text: 'abc', count: 3 });
});
