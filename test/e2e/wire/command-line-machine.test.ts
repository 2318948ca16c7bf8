/** Commands for scripts and operators: JSON, queue, load, health, suggestions. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, randomModelBytes } from '../support/server-requests.ts';

let server: TestServer;
const ollama = (...args: string[]) => runOllama(args, { host: server.host });
const json = async (...args: string[]) => JSON.parse((await ollama(...args)).stdout);

beforeAll(async () => {
  server = await startTestServer();
  await createModel(server, 'tiny', await randomModelBytes());
});
afterAll(() => server[Symbol.asyncDispose]());

it('prints JSON for programs', async () => {
  expect(await json('list', '--json')).toMatchObject({ models: [{ name: 'tiny:latest' }] });
  expect(await json('list', 'other', '--json')).toEqual({ models: [] });
  expect(await json('show', 'tiny', '--json')).toMatchObject({ details: { family: 'llama' } });
  expect(await json('show', 'tiny', '--estimate', '--json')).toMatchObject({ fits: true });
  expect(await json('queue', '--json')).toEqual({ active: 0, limit: 512, queue: [], loading: [] });
  const { client, server: running } = await json('--version', '--json');
  expect(running).toBe(client);
});

it('loads a model, and shows it among the running ones', async () => {
  expect(await ollama('load', 'tiny', '--keepalive', '1h')).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(await json('ps', '--json')).toMatchObject({ models: [{ name: 'tiny:latest', size_vram: 0 }] });
  expect((await ollama('queue')).stdout).toContain('0 running, 0 of 512 waiting');
});

it('reports through its exit code whether the server is healthy', async () => {
  const well = await ollama('health', 'tiny');
  expect(well).toMatchObject({ status: 0, stdout: expect.stringContaining('ok  answer of tiny') });
  expect(await json('health', '--json')).toMatchObject({ status: 'ok' });
  expect(await ollama('health', 'missing')).toMatchObject({
    status: 1,
    stderr: "Error: model 'missing' not found\n",
  });
  const none = await runOllama(['health'], { host: '127.0.0.1:1' });
  expect(none).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("run 'ollama serve' to start it"),
  });
});

it('says what starts the program of a model when somebody starts it by hand', async () => {
  const program = fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url));
  const byHand = promisify(execFile)(process.execPath, [program], { timeout: patience.timeout });
  await expect(byHand).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: there is no pipe to a server, .*: run "ollama serve"\n$/),
  });
});

it('suggests similar names', async () => {
  expect((await ollama('lst')).stderr).toBe(
    'Error: unknown command "lst" for "ollama"\n\nDid you mean this?\n\tlist\n\tps\n\n',
  );
  expect((await ollama('show', 'tinny')).stderr).toBe(
    "Error: model 'tinny:latest' not found\n\nDid you mean this?\n\ttiny:latest\n\n",
  );
});

it.each([
  ['ollama ru', ['run']],
  ['ollama show ti', ['tiny:latest']],
  ['ollama show tiny:la', ['latest']],
  ['ollama show --est', ['--estimate']],
  ['ollama completion z', ['zsh']],
  ['ollama run --think=h', ['high']],
  ['ollama create -q q8', ['Q8_0']],
  ['ollama stop ', ['tiny:latest']],
  ['ollama --v', ['--verbose', '--version']],
  ['ollama create mine -f /etc/host', expect.arrayContaining(['/etc/hosts'])],
])('completes %j in a real bash', async (line, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-completion-'));
  try {
    const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
    await writeFile(join(folder, 'ollama'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    await chmod(join(folder, 'ollama'), 0o755);
    const script = `source <(ollama completion bash); COMP_LINE="$1"; COMP_POINT=\${#1}; _ollama; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, OLLAMA_HOST: server.host };
    const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', line], { env });
    expect(stdout.trim().split('\n')).toEqual(expected);
  } finally {
    await rm(folder, { recursive: true });
  }
});
