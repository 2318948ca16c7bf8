import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runOllama, startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));

let folder: string;
let path: string;
let server: TestServer;

const first = `
max_queue: 7
keep_alive: 1h
models:
  smol: { options: { num_ctx: 512 } }
aliases:
  gpt-4o: { model: smol, options: { num_predict: 3, temperature: 0 } }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ollama-config-'));
  path = join(folder, 'config.yaml');
  await writeFile(path, first);
  const env = { OLLAMA_CONFIG: path, OLLAMA_KEEP_ALIVE: '2m', TMPDIR: folder };
  server = await startTestServer({ env });
  await createModel(server, 'smol', inject('smolModelPath'));
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Wire {
  readonly limit: number;
  readonly models: { readonly expires_at: string }[];
  readonly data: { readonly id: string }[];
}

const get = async (route: string) => (await (await fetch(server.url + route)).json()) as Wire;
const queueLimit = async () => (await get('/api/queue')).limit;
const running = async () => (await get('/api/ps')).models[0];
const messages = [{ role: 'user', content: 'Count from one to ten.' }];
const ask = (model: string, fields: object = {}) =>
  post(server, '/api/chat', { model, messages, stream: false, ...fields });

describe('the config file', () => {
  it('gives models options and aliases', async () => {
    const reply = await ask('gpt-4o');
    expect(reply).toMatchObject({ status: 200, body: { model: 'gpt-4o', eval_count: 3 } });
    expect(await running()).toMatchObject({ name: 'smol:latest', context_length: 512 });
    const completion = await post(server, '/v1/chat/completions', { model: 'gpt-4o', messages });
    expect(completion.body).toMatchObject({ model: 'gpt-4o', usage: { completion_tokens: 3 } });
    expect((await ask('gpt-4o', { options: { num_predict: 5 } })).body).toMatchObject({ eval_count: 5 });
    expect((await get('/v1/models')).data.map(({ id }) => id).sort()).toEqual([
      'gpt-4o:latest',
      'smol:latest',
    ]);
    const { stdout } = await runOllama(['run', 'gpt-4o', 'Say yes.'], { host: server.host });
    expect(stdout.trim()).not.toBe('');
  });

  it('has lower precedence than the environment', async () => {
    expect(await queueLimit()).toBe(7);
    const left = Date.parse((await running())?.expires_at ?? '') - Date.now();
    expect(left).toBeLessThan(121_000);
  });

  it('is reloaded on SIGHUP', async () => {
    await writeFile(path, first.replace('max_queue: 7', 'max_queue: 8').replace('512', '1024'));
    process.kill(server.pid, 'SIGHUP');
    await expect.poll(queueLimit).toBe(8);
    await ask('smol', { options: { num_predict: 1 } });
    expect(await running()).toMatchObject({ context_length: 1024 });
  });

  it('is reloaded when another file replaces it', async () => {
    await writeFile(
      join(folder, 'new'),
      `${first.replace('max_queue: 7', 'max_queue: 9')}models_dir: /elsewhere\n`,
    );
    await rename(join(folder, 'new'), path);
    await expect.poll(queueLimit).toBe(9);
    // OLLAMA_MODELS is set in the environment, which takes precedence.
    expect(server.output()).not.toMatch(/need a restart/);
  });

  it('changes nothing if it is invalid, and the log reports where and why', async () => {
    await writeFile(path, 'max_queue: 1\nkeepalive: 5m\n');
    await expect
      .poll(server.output)
      .toContain(`${path}:2:1: keepalive: is not a known key; the nearest one is \\"keep_alive\\"`);
    expect(await queueLimit()).toBe(9);
    expect((await ask('gpt-4o')).status).toBe(200);
  });

  it('turns request logs on and off', async () => {
    await writeFile(path, `${first}debug_log_requests: true\n`);
    process.kill(server.pid, 'SIGHUP');
    await expect.poll(queueLimit).toBe(7);
    await ask('gpt-4o', { options: { num_predict: 1, seed: 77 } });
    const [logs = ''] = (await readdir(folder)).filter((name) => name.startsWith('ollama-request-logs-'));
    const names = (await readdir(join(folder, logs))).sort();
    expect(names).toHaveLength(2);
    const body = JSON.parse(await readFile(join(folder, logs, names[0] ?? ''), 'utf8'));
    expect(body).toMatchObject({ model: 'gpt-4o', options: { seed: 77 } });
  });

  it('prevents the start if it is invalid, but not the help', async () => {
    await writeFile(path, 'max_queue: 7\nkeep_alive: soon\n');
    const { status, stderr } = await runOllama(['serve'], {
      host: '127.0.0.1:1',
      env: { OLLAMA_CONFIG: path },
    });
    expect(stderr).toMatch(new RegExp(`^Error: ${path}:2:13: keep_alive: "soon" is neither .*\\n$`));
    expect(status).toBe(1);
    const help = await runOllama(['serve', '--help'], { host: '', env: { OLLAMA_CONFIG: path } });
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('OLLAMA_CONFIG')]);
  });
});

describe('ollama config', () => {
  const env = () => ({
    OLLAMA_CONFIG: path,
    OLLAMA_KEEP_ALIVE: '2m',
    OLLAMA_MAX_QUEUE: '',
    OLLAMA_LOAD_TIMEOUT: '-1',
  });

  it('shows every setting, its value and its source', async () => {
    await writeFile(path, first);
    const { status, stdout } = await runOllama(['config'], { host: '127.0.0.1:99', env: env() });
    expect(status).toBe(0);
    const rows = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(['NAME', 'VALUE', 'SOURCE']);
    expect(rows).toContainEqual(['OLLAMA_CONFIG', path, 'environment']);
    expect(rows).toContainEqual(['OLLAMA_HOST', 'http://127.0.0.1:99', 'environment']);
    expect(rows).toContainEqual(['OLLAMA_KEEP_ALIVE', '2m', 'environment']);
    expect(rows).toContainEqual(['OLLAMA_LOAD_TIMEOUT', 'none', 'environment']);
    expect(rows).toContainEqual(['OLLAMA_MAX_QUEUE', '7', 'file']);
    expect(rows).toContainEqual(['OLLAMA_NUM_PARALLEL', 'auto', 'default']);
  });

  it('prints JSON, and warns about what it could not read', async () => {
    const broken = { ...env(), OLLAMA_MAX_QUEUE: 'x' };
    const { stdout, stderr } = await runOllama(['config', '--json'], { host: '', env: broken });
    const { file, settings } = JSON.parse(stdout);
    expect(file).toBe(path);
    expect(settings).toContainEqual({ name: 'OLLAMA_MAX_QUEUE', value: 7, source: 'file', live: true });
    expect(settings).toContainEqual({ name: 'OLLAMA_NOPRUNE', value: false, source: 'default', live: true });
    expect(stderr).toMatch(/^Warning: OLLAMA_MAX_QUEUE: "x" is not a whole number .* using 7\n$/);
  });
});

it('exits when its terminal closes, but not on another SIGHUP', async () => {
  const script = `
import os, pty, signal, sys, time
child, terminal = pty.fork()
if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while b'Listening' not in seen: seen += os.read(terminal, 4096)
os.kill(child, signal.SIGHUP)
while b'settings reloaded' not in seen: seen += os.read(terminal, 4096)
os.close(terminal)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
`;
  const env = { ...process.env, OLLAMA_HOST: '127.0.0.1:0', OLLAMA_MODELS: folder, HOME: folder };
  const child = spawn('python3', ['-c', script, process.execPath, program, 'serve'], { env });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  let failure = '';
  child.stderr.on('data', (chunk) => {
    failure += chunk;
  });
  await new Promise((resolve) => child.once('close', resolve));
  expect([output.trim(), failure]).toEqual(['-1', '']);
}, 20_000);
