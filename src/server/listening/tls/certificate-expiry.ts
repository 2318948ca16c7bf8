const DAY_MS = 24 * 60 * 60_000;
/** Automatic renewals happen a month before the end, so one that is this close has failed. */
const NEAR_MS = 14 * DAY_MS;

export interface Expiry {
  /** "valid until 2027-01-31", for people. */
  readonly text: string;
  /** Whether somebody should act. */
  readonly isNear: boolean;
}

/** @param validUntil @param date milliseconds since the epoch */
export function certificateExpiry(validUntil: number, date: number): Expiry {
  const day = new Date(validUntil).toISOString().slice(0, 'yyyy-mm-dd'.length);
  const left = validUntil - date;
  if (left < 0) return { text: `expired on ${day}`, isNear: true };
  if (left > NEAR_MS) return { text: `valid until ${day}`, isNear: false };
  const days = Math.floor(left / DAY_MS);
  const rest = days === 0 ? 'less than a day' : `${days} ${days === 1 ? 'day' : 'days'}`;
  return { text: `valid until ${day}, which is in ${rest}`, isNear: true };
}
