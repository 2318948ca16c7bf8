/** The built program on Windows' Node under Wine: servers, commands, and the processes of both. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serverVersion } from '../../../scripts/server-process.mjs';
import { killStarted, processesOf, startUnderWine, type WineProcess } from '../../../scripts/wine/start.mjs';
import { ensureWindows, missingForWindows } from '../../../scripts/wine/windows.mjs';
import { windowsPath } from '../../../scripts/wine/wine.mjs';
import { prerequisite } from '../../fakes/prerequisites.ts';
import type { CommandResult } from './server-process.ts';

/** A server starts in seconds; the first process of Wine, on a busy machine, in half a minute. */
const PATIENCE_MS = 120_000;
const POLL_MS = 100;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = windowsPath(join(root, 'bin', 'ollama'));

export interface WindowsServer extends AsyncDisposable {
  readonly url: string;
  /** Value of OLLAMA_HOST for a client. */
  readonly host: string;
  /** All output so far. */
  output(): Promise<string>;
  /** Processes of the server and its children whose command contains a text. */
  processes(text?: string): WineProcess[];
  /** Ends the process of the server alone, without a warning. */
  kill(): void;
}

/** Whether this machine can run tests under Wine; prints one line if it cannot. */
export function canRunWindows(): boolean {
  const missing = missingForWindows();
  if (missing.length > 0)
    process.stderr.write(`skipped: the tests for Windows need the packages ${missing.join(', ')}\n`);
  return prerequisite(missing[0] ?? 'wine64', missing.length === 0);
}

/** A folder for a test, whose path has spaces and letters beyond ASCII. */
export class WindowsFolder implements AsyncDisposable {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<WindowsFolder> {
    return new WindowsFolder(await mkdtemp(join(tmpdir(), 'Zoë Größe 日本 ')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What Windows' programs of a test get: a profile of their own. */
function environmentIn(folder: string, env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    WINDOWS_PROFILE: windowsPath(join(folder, 'profile')),
    OLLAMA_MODELS: windowsPath(join(folder, 'models')),
    NO_COLOR: '1',
    ...env,
  };
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The command that "serve" follows; default: Node and the built program. */
  readonly command?: readonly string[];
}

/** Starts a server that keeps everything in a folder. */
export async function startWindowsServer(folder: string, options: StartOptions = {}): Promise<WindowsServer> {
  const windows = await ensureWindows();
  const host = `127.0.0.1:${await freePort()}`;
  const log = join(folder, 'server.log');
  const { command = [windows.node, program] } = options;
  const env = { ...windows.env, ...environmentIn(folder, options.env ?? {}), OLLAMA_HOST: host };
  const { child, mark } = startUnderWine(windows.prefix, [...command, 'serve'], { env, output: log });
  let isOver = false;
  child.once('exit', () => {
    isOver = true;
  });
  const server: WindowsServer = {
    url: `http://${host}`,
    host,
    output: () => readFile(log, 'utf8'),
    processes: (text = '') => processesOf(mark).filter(({ command }) => command.join(' ').includes(text)),
    kill: () => void child.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      killStarted(mark);
      await until(() => processesOf(mark).length === 0);
    },
  };
  try {
    await until(async () => isOver || (await serverVersion(server.url)) !== undefined);
    if (isOver) throw new Error(`the server has ended: ${await server.output()}`);
  } catch (error) {
    killStarted(mark);
    throw error;
  }
  return server;
}

interface RunOptions {
  readonly folder: string;
  /** Value of OLLAMA_HOST. */
  readonly host?: string;
  /** What the arguments follow; default: Node and the built program. */
  readonly command?: readonly string[];
  /** Path of another program for Node, absolute or within the project. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program until it ends: the command line program unless the options name another one. */
export async function runOnWindows(args: readonly string[], options: RunOptions): Promise<CommandResult> {
  const { folder, host = '', script } = options;
  const windows = await ensureWindows();
  const work = await mkdtemp(join(folder, 'output-'));
  const [output, errors] = [join(work, 'output'), join(work, 'errors')];
  const env = { ...windows.env, ...environmentIn(folder, options.env ?? {}), OLLAMA_HOST: host };
  const path = script === undefined ? program : windowsPath(resolve(root, script));
  const command = [...(options.command ?? [windows.node, path]), ...args];
  const { child, mark } = startUnderWine(windows.prefix, command, { env, output, errors });
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('exit', resolve);
    });
    return { status, stdout: await readFile(output, 'utf8'), stderr: await readFile(errors, 'utf8') };
  } finally {
    killStarted(mark);
  }
}

/** For hooks, where `expect.poll` does not work. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`nothing has changed for ${PATIENCE_MS / 1000} seconds`);
    await sleep(POLL_MS);
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
