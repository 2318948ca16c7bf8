import { createHash } from 'node:crypto';
import type { LoadOptions } from '../../protocol/load.ts';
import type { LoadedModel } from '../loaded-model.ts';
import type { Bindings } from '../native/bindings.ts';
import { DiskCache, SETTINGS_HALF } from './disk-cache.ts';
import { KvCache } from './kv-cache.ts';
import { PrefixCache } from './prefix-cache.ts';

/** Creates the cache of a loaded model, including what earlier processes left on disk. */
export async function createPrefixCache(
  bindings: Bindings,
  options: LoadOptions,
  { context, memoryTraits, hasLongPositions }: LoadedModel,
): Promise<PrefixCache> {
  const memory = new KvCache(bindings, context, memoryTraits);
  const { slots, prefixCache } = options;
  const hostBytes = prefixCache?.hostBytes ?? 0;
  const parts = { memory, slots, hostBytes, keepsLogits: options.keepLogits ?? false };
  if (!prefixCache || prefixCache.diskBytes === 0) return new PrefixCache(parts);
  const disk = new DiskCache({
    folder: prefixCache.folder,
    model: prefixCache.modelDigest,
    settings: settingsHash(options, { version: bindings.version(), hasLongPositions }),
    maxTokens: options.contextLength,
    budgetBytes: prefixCache.diskBytes,
    traits: memoryTraits,
    report: (message) => process.stderr.write(`${message}\n`),
    now: Date.now,
  });
  await disk.open();
  return new PrefixCache({ ...parts, disk });
}

/**
 * Hashes everything that decides whether a saved state fits: engine version, adapters, types of keys and values, number of
 * sequences, scaling of positions. Only options known to make no difference are left out, so that a new option never lets
 * an outdated state through. The second half covers the context: states fit into others too, but there is no promise that
 * computing them again would give the same bits.
 */
function settingsHash(options: LoadOptions, others: object): string {
  const {
    modelPath: _modelPath,
    prefixCache: _prefixCache,
    threads: _threads,
    useMmap: _useMmap,
    useMlock: _useMlock,
    draft: _draft,
    predictingLayers: _predictingLayers,
    drafting: _drafting,
    keepLogits: _keepLogits,
    hugePages: _hugePages,
    grammarMatcher: _grammarMatcher,
    avoidsMatrixUnits: _avoidsMatrixUnits,
    projectorGpu: _projectorGpu,
    endTokens: _endTokens,
    heldBlocks: _heldBlocks,
    contextLength,
    ...relevant
  } = options;
  const sorted = Object.entries({ ...relevant, ...others }).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  return halfHash(sorted) + halfHash(contextLength);
}

function halfHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, SETTINGS_HALF);
}
