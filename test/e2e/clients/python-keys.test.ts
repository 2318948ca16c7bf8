/** The official Python clients on a server that needs keys. Skipped with a message if there is no Python. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWith } from '../../fakes/python-environment.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../support/python-keys.py', import.meta.url));
const clients = ['ollama==0.6.3', 'openai==3.54.0', 'anthropic==2.14.0'];
const TIMEOUT_MS = 120_000;

const python = await hasPython();
if (!python)
  process.stderr.write('SKIPPED: the Python clients are not tested, because there is no python3 with venv\n');

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

async function createKey(fields: object, admin?: string): Promise<string> {
  const reply = await fetch(`${server.url}/api/keys`, {
    method: 'POST',
    body: JSON.stringify(fields),
    headers: admin === undefined ? {} : { Authorization: `Bearer ${admin}` },
  });
  return ((await reply.json()) as { key: string }).key;
}

it.skipIf(!python)(
  'the Python clients raise their own errors when a key is refused',
  { timeout: INSTALL_TIMEOUT_MS + TIMEOUT_MS },
  async () => {
    const interpreter = await pythonWith(clients);
    const admin = await createKey({ name: 'admin', scopes: ['admin'] });
    const env = {
      ...process.env,
      SERVER_URL: server.url,
      READER_KEY: await createKey({ name: 'reader', scopes: ['read'] }, admin),
      ELSEWHERE_KEY: await createKey({ name: 'elsewhere', models: ['elsewhere'] }, admin),
    };
    const { stdout } = await run(interpreter, [script], { env, timeout: TIMEOUT_MS });
    const held = stdout.split('\n').filter((line) => line.startsWith('ok '));
    expect(held).toHaveLength(7);
  },
);
