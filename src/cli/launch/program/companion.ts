import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { OllamaError } from '../../../base/errors.ts';
import type { Environment } from '../../../config/environment.ts';
import type { Companion } from '../integration.ts';
import { runProgram, startProgram } from './run-program.ts';

/** Time for a gateway to listen, as in Ollama. */
const START_MS = 30_000;
const POLL_MS = 250;
const CONNECT_MS = 500;

/**
 * Makes sure that the companion listens: one that runs already reads its settings again; otherwise it runs until the
 * result is called.
 * @throws OllamaError if it does not listen in time
 */
export async function withCompanion(
  path: string,
  companion: Companion,
  environment: Environment,
): Promise<() => void> {
  if (await isListening(companion.port)) {
    await runProgram(path, companion.refresh, environment).catch(() => undefined);
    await waitForPort(companion.port, undefined);
    return () => undefined;
  }
  const child = startProgram(path, companion, environment, 'ignore');
  // A failure to start shows as a port on which nothing listens.
  child.on('error', () => undefined);
  try {
    await waitForPort(companion.port, child);
  } catch (error) {
    child.kill();
    throw error;
  }
  return () => child.kill();
}

async function waitForPort(port: number, child: ChildProcess | undefined): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!(await isListening(port))) {
    const hasExited = child !== undefined && (child.exitCode !== null || child.pid === undefined);
    if (hasExited || Date.now() > deadline) {
      throw new OllamaError(
        'invalid-request',
        `the gateway does not listen on port ${port}: start it yourself`,
      );
    }
    await sleep(POLL_MS);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_MS, () => finish(false));
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
  });
}
