/**
 * The programs that this program starts beside itself, and how: from files, each is started by its path; from one file, by a word
 * that its executable understands (`ollama __engine`).
 */
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { codeFolder, isOneFile, readOwnFileSync } from './own-files.ts';

/** Without the ending, below `src/`. The packager makes one bundle of each; `scripts/package/bundles.mjs` has the same list. */
export const programs = {
  engine: 'engine/main',
  quantize: 'engine/quantize-main',
  convert: 'engine/convert-main',
  devices: 'engine/devices-main',
  'chat-worker': 'chat/work/main',
  'media-worker': 'media/work/main',
  'batch-worker': 'batches/work/main',
} as const;
export type ProgramName = keyof typeof programs;

export const threads = {
  'output-thread': 'engine/convert/output-thread',
  'sampling-guard-thread': 'engine/sampling/sampling-guard-thread',
  'publisher-thread': 'blocks/publisher-thread',
} as const;
type ThreadName = keyof typeof threads;

/**
 * What stands after `process.execPath` to start a program, and distinguishes its processes from others: a path, or a word that
 * nobody would use by chance.
 */
export function programOf(name: ProgramName): string {
  return isOneFile ? `__${name}` : join(codeFolder, `${programs[name]}.js`);
}

interface NodeStart {
  /** What stands before the program. */
  readonly parameters: readonly string[];
  /** What the environment needs in addition. */
  readonly env: Readonly<Record<string, string>>;
}

/** How Node's own options are given to a program: from one file, everything on the command line belongs to the program. */
export function withNodeOptions(options: readonly string[], fromOneFile = isOneFile): NodeStart {
  if (!fromOneFile) return { parameters: options, env: {} };
  return { parameters: [], env: { NODE_OPTIONS: options.join(' ') } };
}

/** Starts a thread of this process. */
export function startThread(name: ThreadName, options: WorkerOptions): Worker {
  if (isOneFile)
    return new Worker(readOwnFileSync(`${name}.js`).toString('latin1'), { ...options, eval: true });
  return new Worker(join(codeFolder, `${threads[name]}.js`), options);
}
