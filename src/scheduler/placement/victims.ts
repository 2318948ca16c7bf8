import { type Instance, isGoing, isIdle } from '../instance.ts';

/**
 * Chooses the instances to unload so that there is enough room: idle ones before busy ones, the least recently used first,
 * and those with an unlimited keep-alive last. Leaves out instances that do not help, and never chooses pinned ones.
 * @returns undefined if even unloading all of them would not make enough room
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
