/**
 * Quantizes one file and exits; llama.cpp writes its progress to standard error. It runs as a separate process because
 * quantizing may take much memory, and a damaged file may crash it.
 * Usage: quantize-main.js JOB, where JOB is a `QuantizeJob` as JSON. Exits when its standard input closes.
 */
import { constants, setPriority } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { QuantizeJob } from '../protocol/quantize-job.ts';
import { bindFunctions } from './native/bindings.ts';
import { loadLibraries } from './native/libraries.ts';
import { dieWithParent } from './native/parent-death.ts';
import { quantizeFile } from './native/quantize.ts';
import { selfTest } from './native/self-test.ts';
import { defaultThreads } from './threads/threads.ts';

async function main(): Promise<void> {
  // Quantizing is less urgent than answering requests. Threads started later inherit this priority.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const bindings = bindFunctions(loadLibraries());
  dieWithParent();
  selfTest(bindings);
  process.stdin.on('close', () => process.exit(1)).resume();
  const job = JSON.parse(process.argv[2] ?? '') as QuantizeJob;
  // On Windows, llama.cpp reads the path of its output in the code page of the system: only the name, which is ASCII, is safe.
  const inputPath = resolve(job.inputPath);
  process.chdir(dirname(job.outputPath));
  const paths = { inputPath, outputPath: basename(job.outputPath) };
  const isDone = await quantizeFile(bindings, { ...job, ...paths }, defaultThreads());
  process.exit(isDone ? 0 : 1);
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${messageOf(error)}\n`, () => process.exit(1));
});
