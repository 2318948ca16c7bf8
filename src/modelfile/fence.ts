/**
 * A fence is four or more double quotes around a value that `"""` cannot hold. Ollama's grammar knows none, so a
 * comment in front of the instruction announces it; without that comment nothing changes its meaning.
 */

const announcement = '# ollama-ts: the next value stands between ';
const announced = /^# ollama-ts: the next value stands between ("{4,})$/;

/** Longer than any row of quotes in the value. */
export function fenceFor(value: string): string {
  const rows = value.match(/"+/g) ?? [];
  return '"'.repeat(rows.reduce((longest, row) => Math.max(longest, row.length), 3) + 1);
}

export function fenceComment(fence: string): string {
  return announcement + fence;
}

/** @param comment from its "#" to the end of its line */
export function announcedFence(comment: string): string | undefined {
  return announced.exec(comment.trimEnd())?.[1];
}
