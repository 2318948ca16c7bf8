/** The two processes of a conversion, without the processes: they write given GGUF files. */
import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OllamaError } from '../../../src/base/errors.ts';
import type { ConvertReport } from '../../../src/convert/plan/convert-plan.ts';
import type { ConvertPrograms, WrittenFile } from '../../../src/models/conversion/convert-programs.ts';
import type { PlanJob, WriteJob } from '../../../src/protocol/convert-job.ts';
import { smallAdapter, smallModel } from './small-gguf.ts';

/** Bytes of the file that the plan leaves, which are at least the headers of small models. */
const START = 16_384;

export interface FakeConversion extends ConvertPrograms {
  /** All jobs so far. */
  readonly jobs: (PlanJob | WriteJob)[];
}

export interface FakeConversionOptions {
  /** The file that a job makes; a small model or adapter unless given. */
  readonly content?: (job: PlanJob) => Uint8Array;
  readonly report?: Partial<ConvertReport>;
  /** What the second process says, unless it is the truth. */
  readonly written?: Partial<WrittenFile>;
  /** Whether the second process hangs after its first progress, until it is canceled. */
  readonly hangs?: boolean;
  /** Whether the first process hangs until it is canceled. */
  readonly neverPlans?: boolean;
  readonly failure?: { readonly of: 'plan' | 'write'; readonly error: Error };
}

export function fakeConversion(options: FakeConversionOptions = {}): FakeConversion {
  const jobs: FakeConversion['jobs'] = [];
  const contents = new Map<string, Uint8Array>();
  const { failure } = options;
  return {
    jobs,
    async plan(job, signal) {
      jobs.push(job);
      if (failure?.of === 'plan') throw failure.error;
      if (options.neverPlans) await untilCanceled(signal);
      const content = options.content?.(job) ?? (job.basePath === undefined ? smallModel() : smallAdapter());
      contents.set(job.outputPath, content);
      await writeFile(job.outputPath, content.subarray(0, START));
      await truncate(job.outputPath, content.length);
      await writeFile(job.planPath, '{}');
      const report = {
        source: 'LlamaForCausalLM',
        dropped: [],
        warnings: [],
        parameters: {},
        ...options.report,
      };
      return { total: content.length, report };
    },
    async write(job, signal, onProgress) {
      jobs.push(job);
      if (failure?.of === 'write') throw failure.error;
      const content = contents.get(job.outputPath) ?? new Uint8Array();
      onProgress(content.length / 2);
      if (options.hangs) await untilCanceled(signal);
      await writeFile(job.outputPath, content);
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      return { digest, size: content.length, warnings: [], ...options.written };
    },
  };
}

async function untilCanceled(signal: AbortSignal): Promise<never> {
  while (!signal.aborted) await sleep(1);
  throw new OllamaError('canceled', 'request canceled');
}
