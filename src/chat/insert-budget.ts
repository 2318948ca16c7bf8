/** The text before the gap gets three quarters of the room, as it says more of what follows (llama.cpp's share). */
const PREFIX_SHARE = 3 / 4;

export interface InsertParts {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** Fits a prefix and a suffix into `room` tokens; what lies next to the gap stays, room one leaves goes to the other. */
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
