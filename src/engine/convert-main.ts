/**
 * Does one part of the conversion of safetensors and exits. It runs as a separate process because its memory and time depend on
 * files that others made, and because the memory of the plan, with its vocabulary, is free before the tensors are written.
 * Usage: convert-main.js. The job is the first line of standard input; exits when that closes. Prints events, one
 * JSON object per line.
 */
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { messageOf, OllamaError } from '../base/errors.ts';
import { readable } from '../convert/readable-messages.ts';
import type { ConvertEvent, ConvertJob, PlanJob, WriteJob } from '../protocol/convert-job.ts';
import { bindFunctions } from './native/bindings.ts';
import { loadWithoutBackends } from './native/libraries.ts';
import { dieWithParent } from './native/parent-death.ts';
import { loadRowCasts } from './native/row-casts.ts';
import { selfTest } from './native/self-test.ts';

function emit(event: ConvertEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function plan(job: PlanJob): Promise<ConvertEvent> {
  const bindings = bindFunctions(loadWithoutBackends());
  dieWithParent();
  selfTest(bindings);
  const { runPlanJob } = await import('./convert/run-plan-job.ts');
  return await runPlanJob(job, bindings);
}

/** Without the engine and without what plans need, which would take memory. */
async function write(job: WriteJob): Promise<ConvertEvent> {
  const casts = loadRowCasts();
  dieWithParent();
  const { runWriteJob } = await import('./convert/run-write-job.ts');
  return await runWriteJob(job, casts, emit);
}

function readJob(): Promise<ConvertJob> {
  const lines = createInterface({ input: process.stdin });
  lines.once('close', () => process.exit(1));
  return new Promise((resolve) => lines.once('line', (line) => resolve(JSON.parse(line) as ConvertJob)));
}

async function main(): Promise<void> {
  // Converting is less urgent than answering requests. Threads started later inherit this priority.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const job = await readJob();
  const result = job.kind === 'plan' ? await plan(job) : await write(job);
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

main().catch((error: unknown) => {
  if (error instanceof OllamaError) {
    const { code } = error;
    const message = readable(error.message);
    process.stdout.write(
      `${JSON.stringify({ kind: 'refused', code, message } satisfies ConvertEvent)}\n`,
      () => process.exit(1),
    );
  } else process.stderr.write(`error: ${messageOf(error)}\n`, () => process.exit(1));
});
