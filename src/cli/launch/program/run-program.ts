import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { messageOf, OllamaError } from '../../../base/errors.ts';
import type { Environment } from '../../../config/environment.ts';
import { programStart } from '../../../platform/program-call.ts';
import type { EnvironmentChange, ProgramCall } from '../integration.ts';

/** Signals that the terminal sends to the program too: it decides what they mean. */
const shared = ['SIGINT', 'SIGQUIT'] as const;
/** Signals that only this process gets. */
const passedOn = ['SIGTERM', 'SIGHUP'] as const;
/** Shells report the number of a signal above this one. */
const SIGNAL_CODES = 128;

/** The environment with the changes of a launch. */
function changedEnvironment(environment: Environment, changes: EnvironmentChange = {}): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = { ...environment, ...changes };
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete result[name];
  return result;
}

/**
 * Runs a program in this terminal until it ends.
 * @returns its exit code; as in a shell, 128 and the signal's number if a signal ended it
 * @throws OllamaError if it cannot be started
 */
export async function runProgram(path: string, call: ProgramCall, environment: Environment): Promise<number> {
  const child = startProgram(path, call, environment, 'inherit');
  const ignore = () => undefined;
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of shared) process.on(signal, ignore);
  for (const signal of passedOn) process.on(signal, passOn);
  try {
    return await ended(path, child);
  } finally {
    for (const signal of shared) process.off(signal, ignore);
    for (const signal of passedOn) process.off(signal, passOn);
  }
}

export function startProgram(
  path: string,
  { args, env }: ProgramCall,
  environment: Environment,
  stdio: 'inherit' | 'ignore',
): ChildProcess {
  const { program, args: words, ...options } = programStart(path, args);
  return spawn(program, words, { stdio, env: changedEnvironment(environment, env), ...options });
}

function ended(path: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new OllamaError('invalid-request', `cannot start ${path}: ${messageOf(error)}`, { cause: error }),
      );
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? SIGNAL_CODES + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
