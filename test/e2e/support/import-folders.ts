/** Folders of safetensors for tests against a built server. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { importCases, writeImportFolder } from '../../fakes/import/import-case.ts';
import { encodeSafetensors } from '../../fakes/import/safetensors-file.ts';
import type { SeededTensor } from '../../fakes/import/seeded-weights.ts';
import type { TestServer } from './server-process.ts';
import { upload } from './server-requests.ts';

/** Writes the folder of a case of the import. */
export async function writeCase(name: string, folder: string): Promise<SourceFile[]> {
  return writeImportFolder(await caseNamed(name), folder);
}

/** Uploads files. @returns their digests by name, as `POST /api/create` takes them */
export async function uploadFiles(
  server: TestServer,
  files: readonly SourceFile[],
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const { name, path } of files) digests[name] = await upload(server, path);
  return digests;
}

/**
 * Writes a Llama model of two layers whose feed-forward part is as large as wanted. Its weights are zeros that take no room on
 * a file system with sparse files.
 */
export async function writeLargeFolder(folder: string, megabytes: number): Promise<SourceFile[]> {
  const { weights, ...small } = await caseNamed('llama-3');
  const config = small.files['config.json'] as { hidden_size: number; intermediate_size: number };
  const matrices = 6;
  const intermediate = Math.ceil((megabytes * 1e6) / (matrices * 2 * config.hidden_size * 32)) * 32;
  const widen = (size: number) => (size === config.intermediate_size ? intermediate : size);
  const tensors = (weights['model.safetensors'] ?? []).map(([name, type, shape]): SeededTensor => {
    return [name, type, shape.map(widen)];
  });
  const settings = { ...config, intermediate_size: intermediate };
  const files = await writeImportFolder(
    { ...small, files: { ...small.files, 'config.json': settings }, weights: {} },
    folder,
  );
  const path = join(folder, 'model.safetensors');
  await writeSparse(path, tensors);
  return [...files, { name: 'model.safetensors', path }];
}

async function writeSparse(path: string, tensors: readonly SeededTensor[]): Promise<void> {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, dtype, shape] of tensors) {
    const size = 2 * shape.reduce((product, length) => product * length, 1);
    header[name] = { dtype, shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const start = encodeSafetensors(JSON.stringify(header), new Uint8Array());
  const file = await open(path, 'w');
  try {
    await file.write(start);
    await file.truncate(start.length + offset);
  } finally {
    await file.close();
  }
}

async function caseNamed(name: string) {
  const found = (await importCases()).find((one) => one.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  return found;
}

/** Writes a folder with the given texts. */
export async function writeTexts(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
}
