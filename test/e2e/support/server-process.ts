import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuiltServer, startServerProcess } from '../../../scripts/server-process.mjs';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Value of OLLAMA_HOST for a client. */
  readonly host: string;
  readonly pid: number;
  readonly modelsFolder: string;
  /** The end of the output so far. */
  output(): string;
  /** Stops the server and keeps the models folder. */
  stop(): Promise<void>;
}

export interface TestServerOptions {
  readonly env?: Record<string, string>;
  /** A folder to use instead of a temporary one; it is not removed. */
  readonly modelsFolder?: string;
  /** How many files it may open; absent = as many as this process. */
  readonly openFiles?: number;
}

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));

/** Starts the built server on a free port. Disposing of it stops it and removes its temporary models folder. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const temporary =
    options.modelsFolder === undefined ? await mkdtemp(join(tmpdir(), 'ollama-models-')) : undefined;
  const modelsFolder = options.modelsFolder ?? temporary ?? '';
  // Tests must not put keys, credentials and notes into the user's own folder.
  const home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  const remove = async (folder: string | undefined) => {
    if (folder) await rm(folder, { recursive: true, force: true });
  };
  let server: BuiltServer;
  try {
    // Tests must not put conversations into the user's own folder, and must not use the user's settings.
    const env = {
      HOME: home,
      OLLAMA_KV_CACHE_BUDGET: '0',
      OLLAMA_SHUTDOWN_TIMEOUT: '0',
      OLLAMA_CONFIG: devNull,
      ...options.env,
      OLLAMA_MODELS: modelsFolder,
    };
    const { openFiles } = options;
    server = await startServerProcess({ env, ...(openFiles !== undefined && { openFiles }) });
  } catch (error) {
    await Promise.all([remove(home), remove(temporary)]);
    throw error;
  }
  const { url, host, pid } = server;
  const stop = async () => {
    await server.stop();
    await remove(home);
  };
  return {
    url,
    host,
    pid,
    modelsFolder,
    output: () => server.output(),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await remove(temporary);
    },
  };
}

/** Runs the built command line program against a server. */
export function runOllama(
  args: readonly string[],
  {
    host,
    input = '',
    env = {},
    cwd,
  }: { host: string; input?: string; env?: Record<string, string>; cwd?: string },
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, OLLAMA_CONFIG: devNull, ...env, OLLAMA_HOST: host },
    });
    const result = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      result.stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...result }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
