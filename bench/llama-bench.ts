/** Runs llama.cpp's llama-bench, which measures the engine's own decode rate for comparison. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const GENERATED_TOKENS = 128;
/** Number of cores of the reference machine. */
const THREADS = 2;

/** @returns decode rate in tokens per second @throws Error if the program fails or its output has no such rate */
export async function runLlamaBench(program: string, gguf: string): Promise<number> {
  const sizes = ['-p', '0', '-n', String(GENERATED_TOKENS), '-t', String(THREADS)];
  const { stdout } = await promisify(execFile)(program, ['-m', gguf, ...sizes, '-r', '1', '-o', 'json']);
  const results: unknown = JSON.parse(stdout);
  const first: unknown = Array.isArray(results) ? results[0] : undefined;
  if (typeof first === 'object' && first !== null && 'avg_ts' in first && typeof first.avg_ts === 'number') {
    return first.avg_ts;
  }
  throw new Error(`the output of ${program} has no avg_ts: ${stdout.slice(0, 200)}`);
}
