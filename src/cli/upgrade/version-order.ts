import { OllamaError } from '../../base/errors.ts';

/** Semantic versions (https://semver.org), without build metadata, which npm does not allow in a name. */
const form = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,64}))?$/;

/**
 * Checks a version, which may begin with "v", and returns it without the "v".
 * @throws OllamaError `invalid-request`
 */
export function requireVersion(text: string): string {
  const version = text.replace(/^v/, '');
  if (form.test(version)) return version;
  throw new OllamaError('invalid-request', `"${text}" is not a version: use a form such as 1.2.3`);
}

/** Negative if `left` is older, 0 if both are equal. Both must have passed `requireVersion`. */
export function compareVersions(left: string, right: string): number {
  const [leftParts, rightParts] = [partsOf(left), partsOf(right)];
  for (const [index, value] of leftParts.numbers.entries()) {
    const difference = value - (rightParts.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(leftParts.preRelease, rightParts.preRelease);
}

function partsOf(version: string) {
  const [, major, minor, patch, preRelease] = form.exec(version) ?? [];
  return {
    numbers: [major, minor, patch].map(Number),
    preRelease: preRelease === undefined ? [] : preRelease.split('.'),
  };
}

/**
 * Compares pre-release labels. A version without a label is newer, a number is older than a word, and of two labels with
 * the same beginning the longer one is newer.
 */
function comparePreReleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (const [index, word] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const difference = compareWords(word, other);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareWords(left: string, right: string): number {
  const [leftIsNumber, rightIsNumber] = [left, right].map((word) => /^\d+$/.test(word));
  if (leftIsNumber && rightIsNumber) return Number(left) - Number(right);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
