import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConvertPlan } from '../../../src/convert/plan/convert-plan.ts';
import { planConversion } from '../../../src/convert/plan/plan-conversion.ts';
import { type ImportFolder, importCases, writeImportFolder } from './import-case.ts';
import type { SeededTensor } from './seeded-weights.ts';

/** What is different about the folder of a case. */
export interface CaseChange {
  /** Replaced or added settings of config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Replaced or added files; undefined removes one. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly tensors?: (tensors: readonly SeededTensor[]) => readonly SeededTensor[];
}

/** Plans the conversion of a case with changes, as F16. */
export async function planChanged(name: string, change: CaseChange = {}): Promise<ConvertPlan> {
  const example = (await importCases()).find((each) => each.name === name);
  if (!example) throw new Error(`there is no case "${name}"`);
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    const files = await writeImportFolder(changed(example, change), folder);
    return await planConversion(files, { type: 'F16' });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function changed(example: ImportFolder, { config, files, tensors }: CaseChange): ImportFolder {
  const settings = { ...(example.files['config.json'] as object), ...config };
  const all = Object.entries({ ...example.files, 'config.json': settings, ...files });
  const weights = Object.entries(example.weights).map(([file, list]) => [file, tensors?.(list) ?? list]);
  return {
    name: example.name,
    files: Object.fromEntries(all.filter(([, content]) => content !== undefined)),
    weights: Object.fromEntries(weights),
  };
}
