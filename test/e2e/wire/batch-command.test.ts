/** `ollama batch` with files as people have them. The model is missing, so every request fails in the same way. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';

const run = promisify(execFile);
let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-batch-command-'));
  server = await startTestServer();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const line = (id: string) =>
  JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/completions',
    body: { model: 'none', prompt: id },
  });
const batch = (...args: string[]) => runOllama(['batch', ...args], { host: server.host });
async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

it('takes a byte order mark, line ends of Windows and empty lines, and writes results beside the file', async () => {
  const path = await file('in.jsonl', `\uFEFF${line('a')}\r\n\r\n${line('b')}\r\n`);
  const { status, stdout } = await batch(path);
  expect([status, stdout]).toEqual([1, 'completed: 0 of 2 answered, 2 failed\n']);
  const errors = (await readFile(join(folder, 'in.errors.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(errors.map((text) => JSON.parse(text).custom_id)).toEqual(['a', 'b']);
  const again = await batch(path);
  expect(again.status).toBe(1);
  expect(again.stderr).toContain('in.errors.jsonl exists');
});

it('says what is wrong with a file that it cannot use, and leaves nothing behind', async () => {
  const fifo = join(folder, 'fifo');
  await run('mkfifo', [fifo]);
  await mkdir(join(folder, 'folder'));
  const cases = [
    [join(folder, 'missing'), 'there is no file'],
    [join(folder, 'folder'), 'is not a regular file'],
    [fifo, 'is not a regular file'],
    [await file('empty', '\n\n'), 'has no requests'],
    [await file('text', 'hello\n'), 'the first line of'],
  ] as const;
  for (const [path, text] of cases) {
    const { status, stderr } = await batch(path);
    expect([path, status]).toEqual([path, 1]);
    expect(stderr).toContain(text);
  }
  const listed = await fetch(`${server.url}/v1/files?purpose=batch&order=asc`);
  expect(((await listed.json()) as { data: unknown[] }).data).toHaveLength(1);
});
