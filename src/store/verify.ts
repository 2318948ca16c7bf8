import { stat } from 'node:fs/promises';
import { AsyncQueue } from '../base/async-queue.ts';
import { messageOf, OllamaError, systemCode } from '../base/errors.ts';
import { type Digest, shortDigest } from '../names/digest.ts';
import type { ModelName } from '../names/model-name.ts';
import { hashFile } from './hash-file.ts';
import type { StoredManifest } from './manifest-store.ts';
import type { Store } from './store.ts';

/** More would only make the disk seek. */
const FILES_AT_ONCE = 2;
/** Short enough for a smooth progress bar. */
const PROGRESS_INTERVAL_MS = 100;

interface BrokenBlob {
  readonly digest: Digest;
  readonly problem: 'missing' | 'wrong size' | 'wrong digest' | 'link' | 'unreadable';
  readonly detail: string;
  /** Models that need the blob. */
  readonly models: readonly string[];
}

export type VerifyProgress =
  | { readonly status: string; readonly digest: Digest; readonly total: number; readonly completed: number }
  | {
      readonly status: 'success' | 'failed';
      /** Number of blobs checked, and bytes read from them. */
      readonly checked: number;
      readonly bytes: number;
      readonly broken: readonly BrokenBlob[];
      /** Models whose manifest cannot be read. */
      readonly broken_manifests: readonly string[];
    };

interface Candidate {
  readonly digest: Digest;
  /** Bytes, according to the manifests. */
  readonly size: number;
  readonly models: string[];
}

/**
 * Hashes every blob that the model needs, or that any model needs, and reports those that do not match their manifests.
 * Changes nothing.
 * @param name one model; all models when absent
 * @throws OllamaError `not-found`, `canceled`
 */
export async function* verifyStore(
  store: Store,
  { name, signal }: { readonly name?: ModelName; readonly signal: AbortSignal },
): AsyncGenerator<VerifyProgress, void> {
  const { entries, broken: brokenManifests } = await wantedManifests(store, name);
  const waiting = candidatesOf(entries);
  const checked = waiting.length;
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const queue = new AsyncQueue<VerifyProgress>((_, next) => next);
  const broken: BrokenBlob[] = [];
  let bytes = 0;
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const problem = await checkBlob(store, next, stop.signal, (event) => queue.push(event));
      bytes += problem ? 0 : next.size;
      if (problem) broken.push({ digest: next.digest, ...problem, models: next.models });
    }
  };
  const done = Promise.all(Array.from({ length: FILES_AT_ONCE }, work)).then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  );
  try {
    yield* queue;
  } finally {
    abort();
    signal.removeEventListener('abort', abort);
    await done;
  }
  const isWell = broken.length === 0 && brokenManifests.length === 0;
  const status = isWell ? 'success' : 'failed';
  yield { status, checked, bytes, broken, broken_manifests: brokenManifests };
}

async function wantedManifests(
  store: Store,
  name: ModelName | undefined,
): Promise<{ entries: StoredManifest[]; broken: string[] }> {
  if (!name) return store.manifests.list();
  try {
    const stored = await store.manifests.read(name);
    if (stored) return { entries: [stored], broken: [] };
  } catch {
    return { entries: [], broken: [name.full] };
  }
  throw new OllamaError('not-found', `model '${name.short}' not found`);
}

/** Lists each blob once, with all models that name it. If manifests disagree on its size, lists it once per size. */
function candidatesOf(entries: readonly StoredManifest[]): Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const { name, manifest } of entries) {
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      const key = `${digest} ${size}`;
      const candidate = candidates.get(key) ?? { digest, size, models: [] };
      candidates.set(key, candidate);
      if (!candidate.models.includes(name.short)) candidate.models.push(name.short);
    }
  }
  return [...candidates.values()];
}

async function checkBlob(
  { blobs }: Store,
  { digest, size }: Candidate,
  signal: AbortSignal,
  report: (event: VerifyProgress) => void,
): Promise<Pick<BrokenBlob, 'problem' | 'detail'> | undefined> {
  const linkProblem = await blobs.linkProblem(digest);
  if (linkProblem !== undefined) return { problem: 'link', detail: linkProblem };
  const path = await blobs.locate(digest);
  const status = `verifying ${shortDigest(digest)}`;
  let last = 0;
  const onProgress = (completed: number) => {
    const now = performance.now();
    if (completed < size && now - last < PROGRESS_INTERVAL_MS) return;
    last = now;
    report({ status, digest, total: size, completed });
  };
  try {
    const facts = await stat(path);
    if (facts.size !== size) {
      return { problem: 'wrong size', detail: `${path} has ${facts.size} bytes, expected ${size}` };
    }
    const found = await hashFile(path, signal, onProgress);
    if (found === digest) return undefined;
    return { problem: 'wrong digest', detail: `${path} has the digest ${found}` };
  } catch (error) {
    if (signal.aborted) throw error;
    if (systemCode(error) === 'ENOENT') return { problem: 'missing', detail: `${path} does not exist` };
    return { problem: 'unreadable', detail: messageOf(error) };
  }
}
