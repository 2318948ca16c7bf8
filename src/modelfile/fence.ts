/**
 * A fence is four or more double quotes around a value that `"""` cannot enclose. Ollama's grammar has no fences, so a
 * comment before the instruction announces the fence. Without that comment, the quotes have their usual meaning.
 */

const announcement = '# ollama-ts: the next value stands between ';
const announced = /^# ollama-ts: the next value stands between ("{4,})$/;

/** A fence that is longer than any run of quotes in the value. */
export function fenceFor(value: string): string {
  const rows = value.match(/"+/g) ?? [];
  return '"'.repeat(rows.reduce((longest, row) => Math.max(longest, row.length), 3) + 1);
}

export function fenceComment(fence: string): string {
  return announcement + fence;
}

/** @param comment a comment, from its "#" to the end of its line */
export function announcedFence(comment: string): string | undefined {
  return announced.exec(comment.trimEnd())?.[1];
}
