/** The official Python clients, in an environment of their own. Left out, and said so, where there is no Python. */
import { execFile } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { toolsTemplate } from './chat-templates.ts';
import { startTestServer, type TestServer } from './server-process.ts';
import { createModel } from './server-requests.ts';

const run = promisify(execFile);
const packages = ['ollama==0.6.3', 'openai==3.54.0'];
const cache = fileURLToPath(new URL('../../node_modules/.cache/python-clients', import.meta.url));
const script = fileURLToPath(new URL('./python-clients.py', import.meta.url));
/** Downloads of some megabytes. */
const INSTALL_TIMEOUT_MS = 300_000;
const TIMEOUT_MS = 120_000;

const python = await run('python3', ['-c', 'import venv, ensurepip']).then(
  () => 'python3',
  () => undefined,
);
if (!python)
  process.stderr.write('SKIPPED: the Python clients are not tried, there is no python3 with venv\n');

let server: TestServer;

/** @returns its interpreter */
async function environment(): Promise<string> {
  const folder = join(cache, packages.join('+').replaceAll('==', '-'));
  const ready = join(folder, 'ready');
  const interpreter = join(folder, 'bin/python');
  const isReady = await access(ready).then(
    () => true,
    () => false,
  );
  if (isReady) return interpreter;
  await rm(folder, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  await writeFile(ready, '');
  return interpreter;
}

beforeAll(async () => {
  server = await startTestServer();
  const parameters = { num_ctx: 1024, num_predict: 60, temperature: 0 };
  await createModel(server, 'smol', inject('smolModelPath'), { template: toolsTemplate, parameters });
});
afterAll(() => server[Symbol.asyncDispose]());

it.skipIf(!python)(
  'the Python clients find what they look for',
  { timeout: INSTALL_TIMEOUT_MS + TIMEOUT_MS },
  async () => {
    const interpreter = await environment();
    const env = { ...process.env, SERVER_URL: server.url };
    const { stdout } = await run(interpreter, [script], { env, timeout: TIMEOUT_MS });
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('ok ')),
    ).toHaveLength(15);
  },
);
