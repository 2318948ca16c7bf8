import { type Instance, isGoing, isIdle } from '../instance.ts';

/**
 * The instances to give up so that the rest is room enough: kept for ever last, idle before busy, the least recently
 * used first, and none that does not help. Pinned ones are never given up.
 * @returns undefined when even all of them would not make enough room
 */
export function chooseVictims<Candidate extends Instance>(
  instances: readonly Candidate[],
  isEnough: (victims: readonly Candidate[]) => boolean,
): Candidate[] | undefined {
  const candidates = instances
    .filter((instance) => !isGoing(instance) && !instance.pinned)
    .sort((left, right) => rank(left) - rank(right) || left.lastUsed - right.lastUsed);
  const enough = candidates.findIndex((_, index) => isEnough(candidates.slice(0, index + 1)));
  if (enough < 0) return undefined;
  const chosen = candidates.slice(0, enough + 1);
  return chosen.reduceRight<Candidate[]>((needed, candidate) => {
    const without = needed.filter((instance) => instance !== candidate);
    return isEnough(without) ? without : needed;
  }, chosen);
}

function rank(instance: Instance): number {
  const forEver = instance.keepAliveMs === Number.POSITIVE_INFINITY ? 2 : 0;
  return forEver + (isIdle(instance) ? 0 : 1);
}
