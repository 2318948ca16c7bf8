import { OllamaError } from '../base/errors.ts';
import { parseDigest } from '../names/digest.ts';
import { manifestDigests } from '../store/manifest.ts';
import type { Manifests } from '../store/manifests.ts';
import type { CallerKey } from './caller-key.ts';

/**
 * Refuses the files of models that a key may not use. Digests are no secret, so whoever knows one need not have the file. Files that
 * belong to no model have been uploaded, and are for everybody who may create models.
 * @param key absent = everything is allowed
 * @param digests as the request writes them
 * @throws OllamaError `forbidden`, `invalid-request` for what is not a digest
 */
export async function requireFiles(
  key: CallerKey | undefined,
  digests: readonly string[],
  manifests: Pick<Manifests, 'list'>,
): Promise<void> {
  if (!key || key.mayUseAll || digests.length === 0) return;
  const foreign = new Set<string>();
  const usable = new Set<string>();
  for (const { name, manifest } of (await manifests.list()).entries) {
    const found = key.mayUse(name.short) ? usable : foreign;
    for (const digest of manifestDigests(manifest)) found.add(digest);
  }
  const refused = digests.map(parseDigest).find((digest) => foreign.has(digest) && !usable.has(digest));
  if (refused === undefined) return;
  const message = `the API key "${key.name}" may not use the file ${refused}: it belongs to a model that the key may not use`;
  throw new OllamaError('forbidden', message);
}
