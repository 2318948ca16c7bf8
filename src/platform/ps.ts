import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MIB } from '../base/units.ts';

/** Far more than the command lines of thousands of processes. */
const MAX_OUTPUT_BYTES = 64 * MIB;
/** The system answers within milliseconds; one that takes this long is of no use to whoever asks. */
const TIMEOUT_MS = 5000;

/**
 * Runs ps(1), for systems without /proc.
 * @returns its output; times are in English and in UTC, so that they are equal whichever process asks
 * @throws system errors; Error when ps fails, as it does when no process matches
 */
export async function ps(parameters: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', [...parameters], {
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: TIMEOUT_MS,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC0' },
  });
  return stdout;
}
