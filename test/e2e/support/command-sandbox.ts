/**
 * An environment in which the commands of the pages run: a home folder, the program on the PATH, and a server with the
 * models that the pages name.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { ensureMiniLm } from '../../fakes/models/minilm.ts';
import { writeRandomBert } from '../../fakes/models/random-bert.ts';
import { startTestServer, type TestServer } from './server-process.ts';
import { createModel, post } from './server-requests.ts';

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));
/** Where packages that this project provides are found. */
const modules = fileURLToPath(new URL('../../../node_modules/.cache/documented-commands', import.meta.url));
const DEFAULT_PORT = '11434';
/** The address that the pages use for another machine's server. */
const OTHER_SERVER = '192.168.1.10:11434';
const START_TIMEOUT_MS = 20_000;
/** Answers are kept short because their content does not matter. */
const parameters = { num_predict: 8, temperature: 0, num_ctx: 1024 };

/** Models on the server that every page uses. */
const models = ['smollm2:135m', 'all-minilm', 'bge-reranker-v2-m3'];

/** Commands that no test may run, whatever a page says. */
const machineChangers = ['npm', 'sudo', 'systemctl', 'docker', 'launchctl', 'apt-get', 'git', 'pip'];

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CommandSandbox implements AsyncDisposable {
  readonly #folder: string;
  readonly #registry: TestServer;
  readonly #server: TestServer;

  constructor(folder: string, registry: TestServer, server: TestServer) {
    this.#folder = folder;
    this.#registry = registry;
    this.#server = server;
  }

  static async open(): Promise<CommandSandbox> {
    const folder = await mkdtemp(join(tmpdir(), 'ollama-pages-'));
    await prepareFolder(folder);
    const registry = await startTestServer({ env: { OLLAMA_REGISTRY_CACHE: '1' } });
    await createModel(registry, 'smollm2:135m', inject('smolModelPath'), { parameters });
    await createModel(registry, 'all-minilm', (await ensureMiniLm()).ggufPath);
    const ranker = join(folder, 'ranker.gguf');
    await writeRandomBert(ranker, { pooling: 'rank' });
    await createModel(registry, 'bge-reranker-v2-m3', ranker);
    const env = {
      OLLAMA_CONFIG: join(folder, 'config.yaml'),
      OLLAMA_REGISTRY_MIRRORS: registry.url,
      OLLAMA_REGISTRY_CACHE: '1',
    };
    return new CommandSandbox(folder, registry, await startTestServer({ env }));
  }

  /** Creates a separate folder for a page, with the files that pages name, and creates the models on the server. */
  async enter(page: string): Promise<string> {
    const folder = join(this.#folder, page.replaceAll('/', '-'));
    await mkdir(folder);
    await symlink(inject('smolModelPath'), join(folder, 'model.gguf'));
    await writeFile(join(folder, 'notes.txt'), 'Milk, bread, and a new chain for the bicycle.\n');
    for (const model of models) {
      if ((await post(this.#server, '/api/show', { model })).status === 200) continue;
      const { status, body } = await post(this.#server, '/api/pull', { model, stream: false });
      if (status !== 200) throw new Error(`pull ${model}: ${JSON.stringify(body)}`);
    }
    return folder;
  }

  run(
    command: string,
    args: readonly string[],
    { folder, text }: { folder: string; text: string },
  ): Promise<Outcome> {
    const [, port = ''] = this.#server.host.split(':');
    const child = spawn(command, [...args], {
      cwd: folder,
      env: this.#environment({ OLLAMA_HOST: this.#server.host }),
    });
    const outcome = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      outcome.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      outcome.stderr += chunk;
    });
    child.stdin.end(this.#localized(text, port));
    return new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (status) => resolve({ status, ...outcome }));
    });
  }

  /**
   * Runs a script that starts a server, until it listens. @returns its output, which contains "Listening on" on success
   */
  async serves(script: string, folder: string): Promise<string> {
    const port = await freePort();
    const home = await mkdtemp(join(this.#folder, 'home-'));
    const env = this.#environment({ HOME: home, OLLAMA_HOST: `127.0.0.1:${port}` });
    const child = spawn('bash', ['-e', '-c', this.#localized(script, port)], {
      cwd: folder,
      env,
      detached: true,
    });
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    let output = '';
    const heard = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (output.includes('Listening on')) resolve();
      });
    });
    const late = new Promise<void>((resolve) => setTimeout(resolve, START_TIMEOUT_MS).unref());
    await Promise.race([heard, closed, late]);
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await closed;
    return output;
  }

  /** Creates a file from which packages of this project can be imported. */
  async moduleFile(text: string): Promise<string> {
    await mkdir(modules, { recursive: true });
    const path = join(modules, `${process.pid}.mjs`);
    const [, port = ''] = this.#server.host.split(':');
    await writeFile(path, this.#localized(text, port));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#registry[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
    await rm(modules, { recursive: true, force: true });
  }

  #localized(text: string, port: string): string {
    return text.replaceAll(OTHER_SERVER, this.#registry.host).replaceAll(DEFAULT_PORT, port);
  }

  #environment(own: Record<string, string>): NodeJS.ProcessEnv {
    const { PATH = '' } = process.env;
    const environment = { PATH: `${join(this.#folder, 'bin')}:${PATH}`, HOME: join(this.#folder, 'home') };
    return { ...environment, OLLAMA_KV_CACHE_BUDGET: '0', ...own };
  }
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'home'));
  const script = join(folder, 'bin', 'ollama');
  await writeFile(script, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(script, 0o755);
  for (const name of machineChangers) {
    const refusal = `#!/bin/sh\necho "${name} changes the machine: mark the block as not-run" >&2\nexit 1\n`;
    await writeFile(join(folder, 'bin', name), refusal, { mode: 0o755 });
  }
  // A status of 400 or higher is a failure of the command.
  await writeFile(join(folder, 'home', '.curlrc'), 'fail-with-body\nno-progress-meter\n');
  await writeFile(join(folder, 'config.yaml'), 'models: { mine: { options: { num_predict: 8 } } }\n');
}

function freePort(): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(String(typeof address === 'object' && address ? address.port : 0)));
    });
  });
}
