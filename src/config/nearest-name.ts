/** Longer texts are cut: no known name is that long, and the work grows with the product of both lengths. */
const MAX_COMPARED_LENGTH = 64;

/** Shorter texts begin many names by chance. */
const LEAST_BEGINNING = 3;

/** The known name that begins with a text, or else the one with the smallest edit distance (Levenshtein); the first one if several tie. */
export function nearestName(text: string, known: readonly string[]): string | undefined {
  const asked = text.slice(0, MAX_COMPARED_LENGTH).toLowerCase();
  const longer = known.filter((name) => asked.length >= LEAST_BEGINNING && name.startsWith(asked));
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of longer.length > 0 ? longer : known) {
    const distance = editDistance(asked, name);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

/** More than one or two typos turn a short word into another one. */
const MAX_EDITS = 2;

/** All known names that are within one or two typos of a text, or that begin with it; the nearest first. */
export function nearNames(text: string, known: readonly string[], maxEdits = MAX_EDITS): string[] {
  const asked = text.slice(0, MAX_COMPARED_LENGTH).toLowerCase();
  const near = known.map((name) => ({ name, distance: editDistance(asked, name.toLowerCase()) }));
  const isNear = ({ name, distance }: (typeof near)[number]) =>
    distance <= Math.min(maxEdits, asked.length - 1) ||
    (asked !== '' && name.toLowerCase().startsWith(asked));
  return near
    .filter(isNear)
    .sort((left, right) => left.distance - right.distance)
    .map(({ name }) => name);
}

/** Counts insertions, deletions and replacements of single characters, one row of the table at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
