/** Starts a server that has no window and outlives the terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf, OllamaError } from '../../base/errors.ts';
import { isOneFile } from '../../base/program/own-files.ts';
import { type Environment, homeFolder } from '../../config/environment.ts';
import { LOG_FILE_NAME } from '../../config/log-files.ts';

/** A server listens within a second; a virus scanner may look at all its files first. */
const START_MS = 60_000;
const POLL_MS = 250;

/**
 * How this program is started again: by Node, or as its own executable.
 * @param script the file that Node runs
 */
export function ownProgram(execPath: string, script: string, fromOneFile = isOneFile): string[] {
  return fromOneFile ? [execPath] : [execPath, script];
}

export interface BackgroundStart {
  /** The program and what stands before its own arguments. */
  readonly words: readonly string[];
  readonly environment: Environment;
  /** Absolute; "" = the usual log file. */
  readonly logFile: string;
  readonly platform?: NodeJS.Platform;
  /** Whether a server answers. */
  readonly answers: () => Promise<boolean>;
}

/** @throws OllamaError if it exits, or does not answer in time */
export async function startBackgroundServer(start: BackgroundStart): Promise<void> {
  const { words, environment, logFile, platform = process.platform } = start;
  const [program = '', ...before] = words;
  const child = spawn(program, [...before, 'serve'], {
    cwd: homeFolder(environment, platform),
    // Nobody sees its terminal, so it always has a log file.
    env: { ...environment, OLLAMA_LOG_FILE: logFile || LOG_FILE_NAME },
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
  });
  await untilAnswering(child, start.answers);
  child.unref();
}

async function untilAnswering(child: ChildProcess, answers: () => Promise<boolean>): Promise<void> {
  const state: { end?: string } = {};
  child.once('error', (error) => {
    state.end = `it cannot be started: ${messageOf(error)}`;
  });
  child.once('exit', (code, signal) => {
    state.end = `it exited with ${code ?? signal}`;
  });
  const deadline = performance.now() + START_MS;
  while (!(await answers())) {
    const isLate = performance.now() > deadline;
    if (state.end === undefined && !isLate) await pause(POLL_MS);
    else {
      const reason = state.end ?? `it does not answer after ${START_MS / 1000} s`;
      throw new OllamaError('upstream', `the server does not run: ${reason}; run "ollama serve" to see why`);
    }
  }
}
