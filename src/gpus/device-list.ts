/** Asks the libraries in a folder, from a separate process, which devices they can reach. */
import { execFile } from 'node:child_process';
import { z } from 'zod';
import { systemClock } from '../base/clock.ts';
import { messageOf, OllamaError } from '../base/errors.ts';
import { programOf } from '../base/program/programs.ts';
import { MIB } from '../base/units.ts';
import { requireSupportedMachine } from '../platform/library-folder.ts';
import { exitSentence } from '../platform/process-exit.ts';
import type { DeviceReport } from '../protocol/devices.ts';

export interface DeviceListOptions {
  /** Folder of the libraries; absent = those of the CPU package. */
  readonly folder?: string;
  /** The child's program; the engine's unless a test provides its own. */
  readonly program?: string;
  readonly timeoutMs?: number;
}

/** A driver that wakes up the cards of a large machine may take this long; Ollama uses the same limit. */
const TIMEOUT_MS = 30_000;
/** Room for far more devices than allowed below; drivers also write to standard error. */
const MAX_OUTPUT_BYTES = MIB;
const MAX_DEVICES = 64;
/** Twice what CUDA and Vulkan allow for a description. */
const MAX_TEXT_LENGTH = 512;
const MAX_PROBLEMS = 16;

const text = z.string().max(MAX_TEXT_LENGTH);
const bytes = z.int().nonnegative();
const reportSchema = z.object({
  devices: z
    .array(
      z.object({
        id: text.min(1),
        description: text,
        kind: z.enum(['gpu', 'igpu', 'cpu']),
        library: text,
        totalBytes: bytes,
        freeBytes: bytes,
        busId: text.optional(),
      }),
    )
    .max(MAX_DEVICES),
  problems: z.array(z.string().transform((problem) => problem.slice(0, MAX_TEXT_LENGTH))).max(MAX_PROBLEMS),
});

/**
 * Lists the devices. The child inherits our environment, so that variables such as CUDA_VISIBLE_DEVICES apply.
 * @throws OllamaError `runner-failed` when the child crashes, hangs or writes something other than a list
 */
export async function listDevices(options: DeviceListOptions = {}): Promise<DeviceReport> {
  requireSupportedMachine();
  const output = await run(options);
  // A driver may have written to standard output before the list.
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    return reportSchema.parse(JSON.parse(line));
  } catch (error) {
    throw failure(`the output of the process is not a list of devices: ${messageOf(error)}`, error);
  }
}

function run({ folder, program = programOf('devices'), timeoutMs = TIMEOUT_MS }: DeviceListOptions) {
  return new Promise<string>((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [program, ...(folder === undefined ? [] : [folder])],
      { encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL', windowsHide: true },
      (error, stdout, stderr) => {
        stopTimer();
        if (error) reject(failure(`${endOf(error)}${lastLine(stderr)}`, error));
        else resolve(stdout);
      },
    );
    // A process that hangs in the kernel does not exit even when killed, so nothing waits for its exit.
    const stopTimer = systemClock.after(timeoutMs, () => {
      child.kill('SIGKILL');
      reject(failure(`no answer after ${timeoutMs / 1000} s`));
    });
  });
}

function failure(reason: string, cause?: unknown): OllamaError {
  return new OllamaError('runner-failed', `the devices cannot be listed: ${reason}`, { cause });
}

function endOf(error: {
  readonly code?: unknown;
  readonly signal?: unknown;
  readonly message: string;
}): string {
  const code = typeof error.code === 'number' ? error.code : null;
  const signal = typeof error.signal === 'string' ? error.signal : null;
  return code === null && signal === null ? error.message : exitSentence({ code, signal });
}

function lastLine(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1)?.slice(0, MAX_TEXT_LENGTH);
  return line ? `: ${line}` : '';
}
