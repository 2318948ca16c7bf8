/** The archives that the packager writes, read by programs that others wrote. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeTgz, makeZip } from '../scripts/package/archives.mjs';

const run = promisify(execFile);
const files = [
  { name: 'bin/ollama', mode: 0o755, bytes: Buffer.from('program') },
  { name: 'lib/ollama/empty', mode: 0o644, bytes: Buffer.alloc(0) },
  { name: 'lib/ollama/libllama.so', mode: 0o644, bytes: Buffer.alloc(1024, 'a') },
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-archives-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function expectFiles(): Promise<void> {
  for (const { name, bytes } of files) expect(await readFile(join(folder, name)), name).toEqual(bytes);
  expect((await stat(join(folder, 'bin/ollama'))).mode & 0o777).toBe(0o755);
  expect((await stat(join(folder, 'lib/ollama/empty'))).mode & 0o777).toBe(0o644);
}

it('writes an archive that tar unpacks, with the same bytes each time', async () => {
  const archive = await makeTgz(files);
  expect(await makeTgz(files)).toEqual(archive);
  await writeFile(join(folder, 'made.tgz'), archive);
  await run('tar', ['-xzpf', 'made.tgz'], { cwd: folder });
  await expectFiles();
  const { stdout } = await run('tar', ['-tzf', 'made.tgz'], { cwd: folder });
  expect(stdout.split('\n').slice(0, 4)).toEqual(['bin/', 'lib/', 'lib/ollama/', 'bin/ollama']);
});

it('writes an archive whose sums and sizes Python finds right, with the same bytes each time', async () => {
  const archive = await makeZip(files);
  expect(await makeZip(files)).toEqual(archive);
  const path = join(folder, 'made.zip');
  await writeFile(path, archive);
  const script = `import json, sys, zipfile
made = zipfile.ZipFile(sys.argv[1])
assert made.testzip() is None
print(json.dumps([[entry.filename, entry.file_size, entry.external_attr >> 16] for entry in made.infolist()]))`;
  const { stdout } = await run('python3', ['-c', script, path]);
  const wanted = files.map(({ name, mode, bytes }) => [name, bytes.length, 0o100000 | mode]);
  expect(JSON.parse(stdout)).toEqual(wanted);
});
