/** The text before the gap gets three quarters of the room, because it predicts the gap better (as in llama.cpp). */
const PREFIX_SHARE = 3 / 4;

export interface InsertParts {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** Fits a prefix and a suffix into `room` tokens. The tokens next to the gap stay; each part may use what the other leaves. */
export function fitInsert({ prefix, suffix }: InsertParts, room: number): InsertParts {
  const excess = prefix.length + suffix.length - room;
  if (excess <= 0) return { prefix, suffix };
  const share = Math.floor(room * PREFIX_SHARE);
  const kept = Math.min(prefix.length, Math.max(share, room - suffix.length));
  return {
    prefix: prefix.slice(prefix.length - kept),
    suffix: suffix.slice(0, Math.max(0, room - kept)),
  };
}
