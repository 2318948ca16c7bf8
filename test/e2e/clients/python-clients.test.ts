/** The official Python clients, in a separate environment. Skipped with a message if there is no Python. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { hasPython, INSTALL_TIMEOUT_MS, pythonWithClients } from '../../fakes/python-environment.ts';
import { toolsTemplate } from '../support/chat-templates.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel } from '../support/server-requests.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../support/python-clients.py', import.meta.url));
const TIMEOUT_MS = 120_000;

const python = await hasPython();
if (!python)
  process.stderr.write('SKIPPED: the Python clients are not tested, because there is no python3 with venv\n');

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  const parameters = { num_ctx: 1024, num_predict: 60, temperature: 0 };
  await createModel(server, 'smol', inject('smolModelPath'), { template: toolsTemplate, parameters });
});
afterAll(() => server[Symbol.asyncDispose]());

it.skipIf(!python)(
  'the Python clients work against the server',
  { timeout: INSTALL_TIMEOUT_MS + TIMEOUT_MS },
  async () => {
    const interpreter = await pythonWithClients();
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
