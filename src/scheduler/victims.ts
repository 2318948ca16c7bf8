import { type Instance, isUnused } from './instance.ts';
import type { Ledger } from './ledger.ts';

/**
 * The instances to give up so that the bytes fit: unpinned before pinned, unused before busy, the least recently used
 * first, and none that does not help. Pinned means kept alive for ever.
 * @returns undefined when even all of them would not make enough room
 */
export function chooseVictims(
  instances: readonly Instance[],
  ledger: Ledger,
  bytes: number,
): Instance[] | undefined {
  const candidates = instances
    .filter((instance) => instance.state !== 'stopping' && !instance.leaving)
    .sort((left, right) => rank(left) - rank(right) || left.lastUsed - right.lastUsed);
  const enough = candidates.findIndex((_, index) => ledger.fitsSoon(bytes, candidates.slice(0, index + 1)));
  if (enough < 0) return undefined;
  return candidates.slice(0, enough + 1).reduceRight<Instance[]>(
    (needed, candidate) => {
      const without = needed.filter((instance) => instance !== candidate);
      return ledger.fitsSoon(bytes, without) ? without : needed;
    },
    candidates.slice(0, enough + 1),
  );
}

function rank(instance: Instance): number {
  const pinned = instance.keepAliveMs === Number.POSITIVE_INFINITY ? 2 : 0;
  return pinned + (isUnused(instance) ? 0 : 1);
}
