/** The archive on a machine without Node and npm: what the quick start does, every kind of child process, and how they end. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ensureEmbeddingModel } from '../../../scripts/model-cache.mjs';
import { type BuiltServer, startServerProcess } from '../../../scripts/server-process.mjs';
import { programVersion } from '../../../src/base/version.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { textPdf } from '../../fakes/pdf/pdf-file.ts';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { startOtlpCollector } from '../../fakes/servers/otlp-collector.ts';
import { EmptyRoot, ensureArchives } from '../support/one-file-archive.ts';
import type { CommandResult } from '../support/server-process.ts';
import { patience, post } from '../support/server-requests.ts';
import { createVisionModel, ROWS_OF_PICTURE } from '../support/small-vision-model.ts';

const TIMEOUT_MS = 900_000;
const repository = fileURLToPath(new URL('../../..', import.meta.url));
const pictures = join(repository, 'test/fixtures/media/pictures');
const run = promisify(execFile);

let root: EmptyRoot;
let server: BuiltServer;
let collector: Awaited<ReturnType<typeof startOtlpCollector>>;

const start = (env: Record<string, string> = {}) =>
  startServerProcess({ env: { ...root.env, ...env }, runtime: root.runtime, program: root.program });

/** Runs the program in the root. */
function ollama(...words: readonly string[]): Promise<CommandResult> {
  const [command = '', ...parameters] = [...root.runtime, root.program, ...words];
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, {
      env: { ...process.env, ...root.env, OLLAMA_HOST: server.host },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        result[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...result }));
  });
}

async function create(name: string, modelfile: string, ...flags: readonly string[]): Promise<void> {
  await writeFile(join(root.folder, 'root', 'Modelfile'), modelfile);
  const made = await ollama('create', name, '-f', root.at('/root/Modelfile'), ...flags);
  expect(made, made.stderr).toMatchObject({ status: 0 });
}

/** ELF: what the header says of the machine at byte 18. */
const machines = { amd64: 62, arm64: 183 };
const ELF_MACHINE_OFFSET = 18;

async function unpackedFiles(name: keyof typeof machines, into: string): Promise<string[]> {
  const folder = join(into, name);
  await mkdir(folder);
  await run('tar', ['-xzf', join(await ensureArchives(), `ollama-linux-${name}.tgz`), '-C', folder]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.map((path) => path.slice(folder.length + 1)).sort();
}

it('the archives have the same files, each for the machine of its archive', {
  timeout: TIMEOUT_MS,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-archives-'));
  try {
    const lists: string[][] = [];
    for (const [name, machine] of Object.entries(machines)) {
      const files = await unpackedFiles(name as keyof typeof machines, folder);
      const programs = files.filter((path) => /^bin\/|\.(so|node)$/.test(path));
      for (const path of programs) {
        const header = (await readFile(join(folder, name, path))).subarray(0, ELF_MACHINE_OFFSET + 2);
        expect(header.subarray(1, 4).toString(), path).toBe('ELF');
        expect(header.readUInt16LE(ELF_MACHINE_OFFSET), path).toBe(machine);
      }
      expect(programs.filter((path) => path.includes('libggml-cpu-')).length).toBeGreaterThan(1);
      lists.push(files.filter((path) => !path.includes('libggml-cpu-')));
    }
    expect(lists[0]).toEqual(lists[1]);
    const sums = await run('sha256sum', ['--check', 'sha256sum.txt'], { cwd: await ensureArchives() });
    expect(sums.stdout).toMatch(/amd64\.tgz: OK\n.*arm64\.tgz: OK/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the archive without Node', () => {
  beforeAll(async () => {
    root = await EmptyRoot.create(join(await ensureArchives(), 'ollama-linux-amd64.tgz'));
    collector = await startOtlpCollector();
    server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await server?.stop();
    await collector?.close();
    await root?.[Symbol.asyncDispose]();
  });

  it('states its version', async () => {
    expect((await ollama('--version')).stdout).toBe(`ollama version is ${programVersion()}\n`);
  });

  it('creates a model and answers a prompt, a chat and a request with a grammar', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await cp(inject('smolModelPath'), join(root.folder, 'root', 'smol.gguf'));
    await create('smol', 'FROM ./smol.gguf\nPARAMETER temperature 0\nPARAMETER num_predict 24\n');
    expect((await ollama('run', 'smol', 'What is the capital of France?')).stdout).toContain('Paris');
    const messages = [{ role: 'user', content: 'What is the capital of France?' }];
    const chat = { model: 'smol', messages, stream: false };
    expect(await post(server, '/api/chat', chat)).toMatchObject({
      status: 200,
      body: { message: { content: expect.stringContaining('Paris') } },
    });
    const format = { type: 'object', properties: { city: { enum: ['Paris', 'Rome'] } }, required: ['city'] };
    const { body } = await post(server, '/api/chat', { ...chat, format });
    const { message } = body as { message: { content: string } };
    expect(['Paris', 'Rome']).toContain(JSON.parse(message.content).city);
  });

  it('quantizes a model', { timeout: TIMEOUT_MS }, async () => {
    await writeRandomModel(join(root.folder, 'root', 'random.gguf'));
    await create('small', 'FROM ./random.gguf\n', '--quantize', 'q8_0');
    expect((await ollama('show', 'small')).stdout).toMatch(/quantization +Q8_0/);
  });

  it('imports a folder of safetensors', { timeout: TIMEOUT_MS }, async () => {
    await cp(await ensureEmbeddingModel(), join(root.folder, 'root', 'minilm'), { recursive: true });
    await create('minilm', 'FROM ./minilm\n');
    const { status, body } = await post(server, '/api/embed', { model: 'minilm', input: ['one', 'two'] });
    expect(status).toBe(200);
    expect((body as { embeddings: number[][] }).embeddings.map((row) => row.length)).toEqual([384, 384]);
  });

  it('looks at pictures of each decoder, and reads PDF files', { timeout: TIMEOUT_MS }, async () => {
    const template = '{{ range .Messages }}{{ .Role }} {{ .Content }} {{ end }}';
    const parameters = { temperature: 0, num_predict: 4, num_ctx: 512 };
    await createVisionModel(server, 'seeing', join(root.folder, 'tmp'), { template, parameters });
    const ask = async (fields: object, content: unknown = 'what is this') => {
      const messages = [{ role: 'user', content, ...fields }];
      const reply = await post(server, '/api/chat', { model: 'seeing', messages, stream: false });
      expect(reply, JSON.stringify(reply.body)).toMatchObject({ status: 200 });
      return (reply.body as { prompt_eval_count: number }).prompt_eval_count;
    };
    const blind = await ask({});
    for (const name of ['exif1.jpg', 'lossy.webp']) {
      const seen = await ask({ images: [(await readFile(join(pictures, name))).toString('base64')] });
      expect(seen - blind, name).toBeGreaterThanOrEqual(ROWS_OF_PICTURE);
    }
    const data = `data:application/pdf;base64,${textPdf(['One', 'Two']).toString('base64')}`;
    const content = [{ type: 'file', file: { filename: 'a.pdf', file_data: data } }];
    const request = { model: 'smol', messages: [{ role: 'user', content }], max_tokens: 4 };
    expect(await post(server, '/v1/chat/completions', request)).toMatchObject({ status: 200 });
  });

  it('serves its web page, and prints the completions of a shell', async () => {
    const page = await fetch(server.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<!doctype html>');
    const [, script] =
      /src="([^"]+\.js)"/.exec(
        await (await fetch(server.url, { headers: { accept: 'text/html' } })).text(),
      ) ?? [];
    expect((await fetch(new URL(script ?? 'none', server.url))).status).toBe(200);
    expect((await ollama('completion', 'bash')).stdout).toContain('__complete');
    expect((await ollama('__complete', 'ru')).stdout).toContain('run');
  });

  it('exports traces, whose packages are part of it', async () => {
    await expect.poll(() => collector.posts.length, patience).toBeGreaterThan(0);
  });

  it('says what to do where npm would be needed', async () => {
    const upgrade = await ollama('upgrade', 'new.tgz');
    expect(upgrade).toMatchObject({ status: 1, stderr: expect.stringContaining('came from an archive') });
    const backend = await ollama('backend', 'install', 'vulkan');
    expect(backend).toMatchObject({ status: 1, stderr: expect.stringMatching(/npm/) });
  });

  it('names the folder that is missing when somebody moves the program alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ollama-alone-'));
    const alone = join(folder, 'bin', 'ollama');
    let moved: BuiltServer | undefined;
    try {
      await run('tar', ['-xzf', join(await ensureArchives(), 'ollama-linux-amd64.tgz'), '-C', folder]);
      await rm(join(folder, 'lib'), { recursive: true });
      moved = await startServerProcess({ program: alone, runtime: [] });
      await writeRandomModel(join(folder, 'model.gguf'));
      await writeFile(join(folder, 'Modelfile'), 'FROM ./model.gguf\n');
      const env = { ...process.env, OLLAMA_HOST: moved.host };
      await run(alone, ['create', 'tiny', '-f', join(folder, 'Modelfile')], { env });
      const asked = run(alone, ['run', 'tiny', 'Hello'], { env });
      asked.child.stdin?.end();
      await expect(asked).rejects.toMatchObject({
        stderr: expect.stringContaining(
          `the folder ${join(folder, 'lib', 'ollama')} with the inference libraries`,
        ),
      });
    } finally {
      await moved?.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('is installed by the script, without root', { timeout: TIMEOUT_MS }, async () => {
    const home = join(root.folder, 'tmp', 'home');
    const archive = join(await ensureArchives(), 'ollama-linux-amd64.tgz');
    const env = {
      ...process.env,
      HOME: home,
      OLLAMA_PACKAGE: archive,
      OLLAMA_HOST: server.host,
      SUDO_USER: '',
    };
    await run('sh', [join(repository, 'scripts/install.sh'), '--user'], { env });
    const { stdout } = await run(join(home, '.local/bin/ollama'), ['--version'], { env });
    expect(stdout).toBe(`ollama version is ${programVersion()}\n`);
  });

  it('heals when the engine is killed', { timeout: TIMEOUT_MS }, async () => {
    const request = { model: 'smol', prompt: 'Hello', stream: false, options: { num_predict: 4 } };
    expect(await post(server, '/api/generate', request)).toMatchObject({ status: 200 });
    const engines = await childrenOf(server.pid);
    expect(engines.length).toBeGreaterThan(0);
    for (const pid of engines) process.kill(pid, 'SIGKILL');
    await expect.poll(() => post(server, '/api/generate', request), patience).toMatchObject({ status: 200 });
  });

  it('leaves no process behind when the server ends, whatever ends it', { timeout: TIMEOUT_MS }, async () => {
    const request = { model: 'smol', prompt: 'Hello', stream: false, options: { num_predict: 4 } };
    const areRunning = async (pids: readonly number[]) =>
      (await Promise.all(pids.map(isRunning))).includes(true);
    for (const end of ['SIGKILL', 'SIGTERM'] as const) {
      expect(await post(server, '/api/generate', request)).toMatchObject({ status: 200 });
      const children = await childrenOf(server.pid);
      expect(children.length).toBeGreaterThan(0);
      process.kill(server.pid, end);
      await server.exited;
      await expect.poll(() => areRunning(children), patience).toBe(false);
      server = await start();
    }
  });

  it('ends the children of a server that was killed while they were stopped', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const request = { model: 'smol', prompt: 'Hello', stream: false, options: { num_predict: 4 } };
    expect(await post(server, '/api/generate', request)).toMatchObject({ status: 200 });
    const children = await childrenOf(server.pid);
    for (const pid of children) process.kill(pid, 'SIGSTOP');
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    server = await start();
    await expect
      .poll(async () => (await Promise.all(children.map(isRunning))).includes(true), patience)
      .toBe(false);
  });
});
