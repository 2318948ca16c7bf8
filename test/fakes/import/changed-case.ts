/** Folders of the fixtures with something wrong or different in them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConvertPlan } from '../../../src/convert/plan/convert-plan.ts';
import { planConversion } from '../../../src/convert/plan/plan-conversion.ts';
import { type ImportFolder, importCases, writeImportFolder } from './import-case.ts';
import type { SeededTensor } from './seeded-weights.ts';

const cases = new Map((await importCases()).map((each) => [each.name, each]));

/** What differs from a case of the fixtures. */
export interface CaseChange {
  /** Settings of config.json; undefined removes one. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Whole files; undefined removes one. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Changes the tensors of each file of weights. */
  readonly tensors?: (tensors: readonly SeededTensor[]) => readonly SeededTensor[];
}

export function changedCase(name: string, { config = {}, files = {}, tensors }: CaseChange): ImportFolder {
  const original = cases.get(name);
  if (!original) throw new Error(`no case ${name}`);
  const settings = { ...(original.files['config.json'] as object), ...config };
  const changed = Object.entries({ ...original.files, 'config.json': settings, ...files });
  return {
    name,
    files: Object.fromEntries(changed.filter(([, content]) => content !== undefined)),
    weights: Object.fromEntries(
      Object.entries(original.weights).map(([file, list]) => [file, tensors?.(list) ?? list]),
    ),
  };
}

/** Plans a folder that exists only meanwhile. */
export async function planOf(folder: ImportFolder): Promise<ConvertPlan> {
  const path = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    return await planConversion(await writeImportFolder(folder, path), { type: 'auto' });
  } finally {
    await rm(path, { recursive: true });
  }
}

/** Plans a case with changes. */
export function planChanged(name: string, change: CaseChange = {}): Promise<ConvertPlan> {
  return planOf(changedCase(name, change));
}
