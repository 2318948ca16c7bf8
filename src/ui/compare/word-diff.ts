/** What differs between two texts, word by word. */

/** A piece of a text: the same in both, or in this one only. */
export interface DiffPiece {
  readonly text: string;
  readonly differs: boolean;
}

export interface WordDiff {
  readonly left: readonly DiffPiece[];
  readonly right: readonly DiffPiece[];
}

/** Longer texts than any model's answer are not compared word by word beyond their common ends. */
const MAX_WORDS = 20_000;
/** Words that may be missing or added. The work and the memory grow with its square: 2 million steps, 4 MB. */
const MAX_EDITS = 1000;

/** Words, spaces and signs; a Chinese or Japanese character is a word of its own, because nothing separates it. */
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}_'’])+|\s+|[^\p{L}\p{N}\s]/gu;

/**
 * Compares two texts by the greedy algorithm of E. Myers, "An O(ND) difference algorithm and its variations" (1986).
 * Texts that differ in more than MAX_EDITS words differ from their common beginning to their common end.
 */
export function diffWords(leftText: string, rightText: string): WordDiff {
  const [left, right] = [leftText.match(word) ?? [], rightText.match(word) ?? []];
  const start = commonStart(left, right);
  const end = commonEnd(left, right, start);
  const inner = [left.slice(start, left.length - end), right.slice(start, right.length - end)] as const;
  const kept = sameWords(...inner);
  const piecesOf = (words: readonly string[], middle: readonly string[], same: ReadonlySet<number>) =>
    merged([
      ...words.slice(0, start).map((text) => ({ text, differs: false })),
      ...middle.map((text, index) => ({ text, differs: !same.has(index) })),
      ...words.slice(words.length - end).map((text) => ({ text, differs: false })),
    ]);
  return { left: piecesOf(left, inner[0], kept.left), right: piecesOf(right, inner[1], kept.right) };
}

function commonStart(left: readonly string[], right: readonly string[]): number {
  let count = 0;
  while (count < left.length && count < right.length && left[count] === right[count]) count += 1;
  return count;
}

function commonEnd(left: readonly string[], right: readonly string[], start: number): number {
  const most = Math.min(left.length, right.length) - start;
  let count = 0;
  while (count < most && left[left.length - 1 - count] === right[right.length - 1 - count]) count += 1;
  return count;
}

interface SameWords {
  /** Indices of the words that the other text has too. */
  readonly left: ReadonlySet<number>;
  readonly right: ReadonlySet<number>;
}

const none: SameWords = { left: new Set(), right: new Set() };

function sameWords(left: readonly string[], right: readonly string[]): SameWords {
  if (left.length === 0 || right.length === 0 || left.length + right.length > MAX_WORDS) return none;
  const rounds = furthestByEdits(left, right);
  return rounds ? trace(rounds, left.length, right.length) : none;
}

/**
 * For each number of edits, how far into `left` each diagonal gets. Diagonal k is at index k + number of edits.
 * @returns undefined if MAX_EDITS are not enough
 */
function furthestByEdits(left: readonly string[], right: readonly string[]): Int32Array[] | undefined {
  const rounds: Int32Array[] = [];
  let before = Int32Array.of(0);
  for (let edits = 0; edits <= Math.min(MAX_EDITS, left.length + right.length); edits += 1) {
    const row = new Int32Array(2 * edits + 1);
    for (let k = -edits; k <= edits; k += 2) {
      let x = startOf(before, edits, k);
      while (x < left.length && x - k < right.length && left[x] === right[x - k]) x += 1;
      row[k + edits] = x;
      if (x >= left.length && x - k >= right.length) return [...rounds, row];
    }
    rounds.push(row);
    before = row;
  }
  return undefined;
}

/** Whether the path comes from the diagonal above: a word of the right text was added. */
function isAdded(before: Int32Array, edits: number, k: number): boolean {
  if (k === -edits) return true;
  return k !== edits && furthest(before, edits - 1, k - 1) < furthest(before, edits - 1, k + 1);
}

function furthest(row: Int32Array, edits: number, k: number): number {
  return row[k + edits] ?? -1;
}

/** Where diagonal k begins after one more edit. */
function startOf(before: Int32Array, edits: number, k: number): number {
  if (edits === 0) return 0;
  return isAdded(before, edits, k)
    ? furthest(before, edits - 1, k + 1)
    : furthest(before, edits - 1, k - 1) + 1;
}

/** Walks back along the shortest path and notes the words that both texts have. */
function trace(rounds: readonly Int32Array[], leftLength: number, rightLength: number): SameWords {
  const same = { left: new Set<number>(), right: new Set<number>() };
  let [x, y] = [leftLength, rightLength];
  for (let edits = rounds.length - 1; edits >= 0; edits -= 1) {
    const before = rounds[edits - 1] ?? Int32Array.of(0);
    const k = x - y;
    const start = startOf(before, edits, k);
    while (x > start) {
      x -= 1;
      y -= 1;
      same.left.add(x);
      same.right.add(y);
    }
    if (edits === 0) break;
    if (isAdded(before, edits, k)) y -= 1;
    else x -= 1;
  }
  return same;
}

/** Joins neighbours of the same kind, so that a text of one kind is one piece. */
function merged(pieces: readonly DiffPiece[]): DiffPiece[] {
  const joined: { texts: string[]; differs: boolean }[] = [];
  for (const { text, differs } of pieces) {
    const last = joined.at(-1);
    if (last?.differs === differs) last.texts.push(text);
    else joined.push({ texts: [text], differs });
  }
  return joined.map(({ texts, differs }) => ({ text: texts.join(''), differs }));
}
