// Starts programs of Windows under Wine, and finds and ends what they have started.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { findWine, wineEnvironment } from './wine.mjs';

/** Every process that a program starts inherits this variable, by which `/proc` shows them. */
const MARK = 'WINE_STARTED_BY';

/**
 * Starts a program. Its output goes to files: Windows' Node cannot write to a pipe of Linux.
 * @param prefix folder of Wine
 * @param command path of the program and its arguments
 * @param output path of the file that gets its output and error output; `errors` = another one for the latter
 * @returns {child, mark}: the child process of Linux, and what `processesOf` takes
 */
export function startUnderWine(prefix, command, { env = {}, cwd, output, errors = output }) {
  const wine = findWine();
  const mark = randomUUID();
  const files = [openSync(output, 'a'), openSync(errors, 'a')];
  try {
    const child = spawn(wine, command, {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...wineEnvironment(prefix), DISPLAY: '', ...env, [MARK]: mark },
      stdio: ['ignore', ...files],
    });
    return { child, mark };
  } finally {
    for (const file of files) closeSync(file);
  }
}

/** @returns the processes of Linux, those of Wine itself excepted, that were started with the mark: [{pid, command}] */
export function processesOf(mark) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${MARK}=${mark}`)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
        return isOfWine(command) ? [] : [{ pid: Number(name), command }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** The server of a prefix and the services of Windows stay until nobody needs them. */
function isOfWine([path = '']) {
  return /wineserver|^C:\\windows\\system32\\/i.test(path);
}

/** Kills what was started with the mark. */
export function killStarted(mark) {
  for (const { pid } of processesOf(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
