/** The entry in Windows' registry that runs a command at each logon of this user. Needs no rights of an administrator. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, OllamaError } from '../../base/errors.ts';
import type { Environment } from '../../config/environment.ts';
import { systemPath } from '../../platform/system-path.ts';

/** https://learn.microsoft.com/windows/win32/setupapi/run-and-runonce-registry-keys */
const KEY = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';
/** Not "Ollama", which would belong to the desktop program. */
const NAME = 'ollama-ts';
/** Windows ignores longer commands there. */
const MAX_COMMAND_LENGTH = 260;
/** It changes one value. The first process under Wine takes half a minute. */
const TIMEOUT_MS = 60_000;
/** Exit code of `reg query` and `reg delete` for a value that does not exist. */
const ABSENT = 1;

/** Runs a program, and returns its exit code. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<number>;

/**
 * The command line that starts a server at logon.
 * @param words the program and what stands before its own arguments
 * @throws OllamaError if Windows would ignore it
 */
export function logonCommand(words: readonly string[]): string {
  const line = [...words.map((word) => `"${word}"`), 'autostart', 'run'].join(' ');
  if (line.length <= MAX_COMMAND_LENGTH) return line;
  throw new OllamaError(
    'invalid-request',
    `the path of this program is too long: Windows runs at most ${MAX_COMMAND_LENGTH} characters at logon, not ${line}`,
  );
}

export class LogonEntry {
  readonly #program: string;
  readonly #run: RunProgram;

  constructor(environment: Environment, run: RunProgram = runQuietly) {
    const windows = environment.SystemRoot || 'C:\\Windows';
    this.#program = systemPath('win32').join(windows, 'System32', 'reg.exe');
    this.#run = run;
  }

  async exists(): Promise<boolean> {
    return (await this.#registry(['query', KEY, '/v', NAME], [0, ABSENT])) === 0;
  }

  /** @param command a command line, with quotes around what contains spaces */
  async write(command: string): Promise<void> {
    await this.#registry(['add', KEY, '/v', NAME, '/t', 'REG_SZ', '/d', command, '/f'], [0]);
  }

  /** @returns false if there was none */
  async remove(): Promise<boolean> {
    if (!(await this.exists())) return false;
    await this.#registry(['delete', KEY, '/v', NAME, '/f'], [0]);
    return true;
  }

  async #registry(args: readonly string[], expected: readonly number[]): Promise<number> {
    const code = await this.#run(this.#program, args);
    if (expected.includes(code)) return code;
    throw new OllamaError('upstream', `${this.#program} ${args[0]} failed with exit code ${code}`);
  }
}

async function runQuietly(program: string, args: readonly string[]): Promise<number> {
  try {
    await promisify(execFile)(program, args, { timeout: TIMEOUT_MS, windowsHide: true });
    return 0;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'number') return code;
    throw new OllamaError('not-found', `${program} cannot be started: ${messageOf(error)}`, { cause: error });
  }
}
