// Starts the built server on a free port, and stops it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { program as ownProgram } from './setup.mjs';

/** A server needs a fraction of a second; a machine that runs several test suites needs longer. */
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
/** Enough log output to explain a failed start. */
const KEPT_OUTPUT_CHARACTERS = 64 * 1024;

/**
 * @param env variables added to this process's environment
 * @param program program to start; default: the one in this folder
 * @param openFiles how many files it may open; default: as many as this process
 * @param runtime the command that runs the program; default: this Node
 * @returns {url, host, pid, output(), exited, stop()}
 * @throws Error with the server's output if it does not start in time
 */
export async function startServerProcess({
  env = {},
  port,
  program = ownProgram,
  openFiles,
  runtime = [process.execPath],
} = {}) {
  const host = `127.0.0.1:${port ?? (await freePort())}`;
  const [command, ...args] = limited([...runtime, program, 'serve'], openFiles);
  const child = spawn(command, args, {
    env: { ...process.env, ...env, OLLAMA_HOST: host },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
    });
  }
  const exited = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const server = {
    url: `http://${host}`,
    host,
    pid: child.pid,
    output: () => output,
    exited,
    stop: () => stop(child, exited),
  };
  await waitUntilReady(server);
  return server;
}

function limited(command, openFiles) {
  if (openFiles === undefined) return command;
  return ['sh', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'sh', ...command];
}

/** @returns the version of a server; undefined if nothing answers in time */
export async function serverVersion(url, timeoutMs = 1000) {
  try {
    const response = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(timeoutMs) });
    const { version } = await response.json();
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

async function waitUntilReady(server) {
  let ended;
  void server.exited.then((reason) => {
    ended = reason;
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline && ended === undefined) {
    if (await serverVersion(server.url)) return;
    await sleep(50);
  }
  await server.stop();
  const reason = ended === undefined ? 'no answer' : `it exited with ${ended}`;
  throw new Error(`the server did not start on ${server.url} (${reason}):\n${server.output()}`);
}

async function stop(child, exited) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
