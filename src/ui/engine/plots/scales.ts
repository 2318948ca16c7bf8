/** The scales of plots. */

/** Steps between the marks of a scale of time that people count in, in seconds. */
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120];
/** Closer labels would touch each other. */
const LABEL_DISTANCE = 72;

/** Marks of a window that ends now: seconds before its end, the oldest first and 0 last. @param width CSS pixels */
export function timeMarks(windowSeconds: number, width: number): number[] {
  const most = Math.max(1, Math.floor(width / LABEL_DISTANCE));
  const step = timeSteps.find((seconds) => windowSeconds / seconds <= most) ?? windowSeconds;
  const marks: number[] = [];
  for (let seconds = Math.floor(windowSeconds / step) * step; seconds >= 0; seconds -= step)
    marks.push(seconds);
  return marks;
}

/** The end of a scale that begins at 0: 1, 2, 2.5 or 5 times a power of ten, at least `least`. */
export function niceEnd(highest: number, least: number): number {
  const wanted = Math.max(highest, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  for (const factor of [1, 2, 2.5, 5, 10]) if (factor * power >= wanted * (1 - 1e-9)) return factor * power;
  return wanted;
}

/** Moves labels apart that would cover each other, downwards. @returns the places in the given order */
export function spreadLabels(places: readonly number[], distance: number, end: number): number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const moved = [...places];
  let least = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    moved[index] = Math.max(moved[index] ?? 0, least);
    least = (moved[index] ?? 0) + distance;
  }
  let most = end;
  for (const index of order.reverse()) {
    moved[index] = Math.min(moved[index] ?? 0, most);
    most = (moved[index] ?? 0) - distance;
  }
  return moved;
}
