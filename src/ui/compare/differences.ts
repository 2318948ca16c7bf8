import { computed } from '@preact/signals';
import { stored } from '../app/stored.ts';
import { isRunning, results } from './compare-state.ts';
import { type DiffPiece, diffWords } from './word-diff.ts';

export const marksDifferences = stored('compare.marks', true, (value) => typeof value === 'boolean');

/** Whether there are two texts to compare. */
export const hasDifferences = computed(
  () =>
    !isRunning.value &&
    results.value.filter((result) => result !== undefined && result.text !== '').length > 1,
);

/**
 * The texts of all columns in pieces, once they are complete. Each is compared with the first; the first itself with the
 * second, if there are only two.
 */
const pieces = computed<readonly (readonly DiffPiece[])[]>(() => {
  if (!hasDifferences.value || !marksDifferences.value) return [];
  const [first = '', ...others] = results.value.map((result) => result?.text ?? '');
  const diffs = others.map((other) => diffWords(first, other));
  const only = diffs.length === 1 ? diffs[0]?.left : undefined;
  return [only ?? [{ text: first, differs: false }], ...diffs.map(({ right }) => right)];
});

/** @returns the text of a column in pieces; undefined while there is nothing to compare */
export function piecesOf(column: number): readonly DiffPiece[] | undefined {
  return pieces.value[column];
}
