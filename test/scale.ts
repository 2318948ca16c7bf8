/**
 * How often a test with random input repeats. `npm test` repeats it least, `npm run test:long` and
 * `npm run test:all` more often, and `npm run test:nightly` most; the runner of the tests sets TEST_SCALE for each.
 */
const scales = ['change', 'long', 'nightly'] as const;
type Scale = (typeof scales)[number];

/** Numbers that any `rounds` stays below, so that the seeds of two days do not overlap. */
const SEEDS_OF_A_DAY = 200_000;
const DAY_MS = 86_400_000;

const named = process.env.TEST_SCALE ?? 'change';
const scale = scales.find((known) => known === named);
if (scale === undefined) throw new Error(`TEST_SCALE must be one of ${scales.join(', ')}, not "${named}"`);
const chosen: Scale = scale;

/** The number of rounds of this run. */
export function rounds(counts: Readonly<Record<Scale, number>>): number {
  return counts[chosen];
}

/** The first seed of a test that tries other ones each day, and the same on that day. */
export function seedOfToday(): number {
  return Math.floor(Date.now() / DAY_MS) * SEEDS_OF_A_DAY;
}

/** A fixed seed, so that a change is judged by the same cases each time; each night another one. */
export function seedFrom(fixed: number): number {
  return chosen === 'nightly' ? fixed + seedOfToday() : fixed;
}
