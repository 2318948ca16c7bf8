/** What is wrong with the stored models although the server can answer. */
import { access, constants } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { manifestDigests } from '../store/manifest.ts';
import type { StoredManifest } from '../store/manifest-store.ts';
import type { Store } from '../store/store.ts';

/** Probes are frequent, and looking for the files of a hundred models takes a few hundred system calls. */
const KEPT_MS = 5000;
/** The newest models; others are checked when they are loaded. */
const MAX_CHECKED_MODELS = 100;
/** Enough to find the cause; `ollama verify` lists all of them. */
const MAX_NAMED_MODELS = 5;

/** Finds models whose files are missing. */
export class StoredFiles {
  readonly #store: Pick<Store, 'manifests' | 'blobs'>;
  #last: { readonly at: number; readonly problem: Promise<string | undefined> } | undefined;

  constructor(store: Pick<Store, 'manifests' | 'blobs'>) {
    this.#store = store;
  }

  problem(): Promise<string | undefined> {
    const now = performance.now();
    if (this.#last && now - this.#last.at < KEPT_MS) return this.#last.problem;
    const problem = this.#find();
    this.#last = { at: now, problem };
    return problem;
  }

  async #find(): Promise<string | undefined> {
    const { entries, broken } = await this.#store.manifests.list();
    // Probes come from other machines too, which do not learn paths.
    const names = broken.map((name) => (isAbsolute(name) ? `those behind the link ${basename(name)}` : name));
    for (const entry of entries.slice(0, MAX_CHECKED_MODELS)) {
      if (await this.#lacksFile(entry)) names.push(entry.name.short);
    }
    if (names.length === 0) return undefined;
    const named = names.slice(0, MAX_NAMED_MODELS).join(', ');
    const others = names.length > MAX_NAMED_MODELS ? ` and ${names.length - MAX_NAMED_MODELS} more` : '';
    return `these models lack files and cannot be loaded: ${named}${others}: pull or create them again`;
  }

  async #lacksFile({ manifest }: StoredManifest): Promise<boolean> {
    for (const digest of manifestDigests(manifest)) {
      if ((await this.#store.blobs.size(digest)) === undefined) return true;
    }
    return false;
  }
}

/** Describes why models cannot be added or removed, if so. */
export async function changeProblem(modelsFolder: string): Promise<string | undefined> {
  for (const folder of [modelsFolder, join(modelsFolder, 'blobs'), join(modelsFolder, 'manifests')]) {
    const error = await access(folder, constants.W_OK).catch((reason: unknown) => reason);
    if (error === undefined || systemCode(error) === 'ENOENT') continue;
    return 'read-only: models can be used, but not pulled, created, copied or deleted';
  }
  return undefined;
}
