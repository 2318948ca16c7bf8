/** A built server on addresses of its own choice, which are read from what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { patience } from './server-requests.ts';

export const program = fileURLToPath(new URL('../../../bin/ollama', import.meta.url));

export interface ListeningProcess {
  readonly child: ChildProcess;
  /** In the order of the addresses. */
  readonly urls: readonly string[];
  output(): string;
  /** What the process printed to its standard output, by line. */
  lines(): string[];
  /** Sends SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
}

interface StartOptions {
  /** Home folder of the server. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What starts the server; default: Node. */
  readonly before?: readonly string[];
}

/** Starts `ollama serve` and waits until it listens. */
export async function startListening({
  home,
  env = {},
  before = [],
}: StartOptions): Promise<ListeningProcess> {
  const [command = '', ...args] = [...before, process.execPath, program, 'serve'];
  const child = spawn(command, args, {
    env: { ...process.env, HOME: home, OLLAMA_CONFIG: devNull, OLLAMA_KV_CACHE_BUDGET: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [printed, logged]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text) => printed.push(text));
  child.stderr.setEncoding('utf8').on('data', (text) => logged.push(text));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const output = () => printed.join('') + logged.join('');
  const found = () => /^Listening on (.*) \(version /m.exec(logged.join(''))?.[1];
  await vi.waitFor(() => {
    if (child.exitCode === null && found() === undefined)
      throw new Error(`the server does not listen:\n${output()}`);
  }, patience);
  const urls = found()?.split(', ');
  if (!urls) throw new Error(`the server did not start:\n${output()}`);
  const stop = () => {
    child.kill('SIGTERM');
    return exited;
  };
  return { child, urls, output, stop, lines: () => printed.join('').trim().split('\n') };
}
