/** Runs npm, which uses the user's registry, proxy and certificates, and verifies its downloads. */
import { spawn } from 'node:child_process';
import { OllamaError, systemCode } from '../../base/errors.ts';
import { KIB } from '../../base/units.ts';
import { npmProgram } from '../../platform/npm-program.ts';

/** More than the reason of a failure needs. */
const MAX_OUTPUT_CHARACTERS = 16 * KIB;
/** Time for about ten megabytes over a slow connection. */
const INSTALL_TIMEOUT_MS = 20 * 60_000;

const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier'];
/** Shorter than npm's default pauses between tries, which take minutes, because a person is waiting. */
const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'];

/**
 * Installs the dependencies of a package into its folder: exactly those that its npm-shrinkwrap.json names, each checked
 * against the SHA-512 there.
 * @throws OllamaError `not-found` if npm is missing, `upstream` with npm's reason
 */
export async function installDependencies(folder: string): Promise<void> {
  const what = ['--prefix', folder, '--global=false', '--omit=dev', '--ignore-scripts'];
  await runNpm(['ci', ...retries, ...quiet, ...what], INSTALL_TIMEOUT_MS);
}

function runNpm(parameters: readonly string[], timeout: number): Promise<void> {
  const [program, ...before] = npmProgram();
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, ...parameters], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout,
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(0, MAX_OUTPUT_CHARACTERS);
    });
    child.once('error', (error) => reject(startFailure(error)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new OllamaError(
            'upstream',
            `npm failed: ${reasonIn(errors) || `it exited with ${code ?? signal}`}`,
          ),
        );
    });
  });
}

function startFailure(error: Error): OllamaError {
  const missing = 'npm was not found: it is part of Node.js; add it to the PATH';
  const message = systemCode(error) === 'ENOENT' ? missing : `npm cannot be started: ${error.message}`;
  return new OllamaError('not-found', message, { cause: error });
}

/** npm prints the reason first, and then hints. */
const REASON_LINES = 2;

/** The first lines of npm's errors, without the prefix "npm error". */
function reasonIn(errors: string): string {
  return errors
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !line.includes('A complete log'))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => !/^\d*$/.test(line))
    .slice(0, REASON_LINES)
    .join('; ');
}
