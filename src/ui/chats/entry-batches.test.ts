import { expect, it } from 'vitest';
import type { ChatEntry } from '../../api/chats.ts';
import { entryBatches } from './entry-batches.ts';

const titled = (id: string, title: string): ChatEntry => ({
  type: 'title',
  id,
  at: '2030-01-01T00:00:00Z',
  title,
});

it('makes portions that a server takes, in order and complete', () => {
  const many = Array.from({ length: 1200 }, (_, index) => titled(`e${index}`, 'short'));
  expect(entryBatches(many).map((batch) => batch.length)).toEqual([500, 500, 200]);
  expect(entryBatches(many).flat()).toEqual(many);
  const large = Array.from({ length: 3 }, (_, index) => titled(`e${index}`, 'x'.repeat(3_000_000)));
  expect(entryBatches(large).map((batch) => batch.length)).toEqual([1, 1, 1]);
  expect(entryBatches([])).toEqual([]);
});
