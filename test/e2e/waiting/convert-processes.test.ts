/** The two processes that convert a folder of safetensors: what they print, how they fail, and how they end. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TensorJob } from '../../../src/convert/plan/tensor-job.ts';
import type { SafeType } from '../../../src/convert/safetensors/safe-tensor.ts';
import type { SourceFile } from '../../../src/convert/source-file.ts';
import { checkTensorJobs, tensorBytes } from '../../../src/convert/tensors/check-tensor-jobs.ts';
import type { TensorData } from '../../../src/convert/tensors/tensor-data.ts';
import { writePlanFile } from '../../../src/engine/convert/plan-file.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { convertPrograms } from '../../../src/models/conversion/convert-process.ts';
import type { PlanJob } from '../../../src/protocol/convert-job.ts';
import { importCases, writeImportFolder } from '../../fakes/import/import-case.ts';
import { isRunning } from '../../fakes/processes.ts';

const built = fileURLToPath(new URL('../../../dist', import.meta.url));
const program = join(built, 'engine/convert-main.js');
/** A device that is always full. */
const FULL = '/dev/full';

let folder: string;
let files: SourceFile[];
let pids: number[];
const keeper = { add: (pid: number) => void pids.push(pid) };
const { signal } = new AbortController();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ollama-convert-'));
  pids = [];
  const one = (await importCases()).find(({ name }) => name === 'llama-3');
  if (!one) throw new Error('there is no such case');
  files = await writeImportFolder(one, join(folder, 'model'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string) => join(folder, name);
const planJob = (changes: Partial<PlanJob> = {}): PlanJob => ({
  kind: 'plan',
  files,
  type: 'F16',
  outputPath: place('output'),
  planPath: place('plan'),
  ...changes,
});
const writeJob = { kind: 'write', outputPath: '', planPath: '' } as const;
const places = () => ({ outputPath: place('output'), planPath: place('plan') });
const weights = () => files.find(({ name }) => name.endsWith('.safetensors'))?.path ?? '';

/** Writes a plan that takes long: 50 GB of zeros, which take no room on the disk, are read for 250 MB of output. */
async function planLongJob(): Promise<void> {
  const path = place('zeros');
  writeFileSync(path, '');
  truncateSync(path, 50_000_000_000);
  const rows: TensorData = {
    kind: 'source',
    tensor: { type: 'F32', shape: [125_000_000, 100], path, start: 0 },
  };
  const column: TensorData = { kind: 'slice', axis: 1, start: 0, count: 1, of: rows };
  const job: TensorJob = { name: 'column', shape: [1, 125_000_000], type: 1, data: column };
  checkTensorJobs([job]);
  writeFileSync(place('output'), new Uint8Array(64));
  await writePlanFile(place('plan'), { dataOffset: 64, total: 0 }, [job]);
}

/** Bytes of the largest memory that a process has had; 0 when it has exited. */
function peakMemory(pid: number): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function fakeProgram(code: string): string {
  const path = place('program.mjs');
  writeFileSync(path, code);
  return path;
}

describe('the processes of a conversion', () => {
  it('plan a file of its whole length, fill it, and state its size and digest', async () => {
    const programs = convertPrograms({ program, keeper });
    const planned = await programs.plan(planJob(), signal);
    expect(planned.report).toMatchObject({ source: 'LlamaForCausalLM', dropped: [] });
    const header = await readGgufFile(place('output'));
    expect(header.fileSize).toBe(planned.total);
    expect(header.tensors.map(({ name }) => name)).toContain('output_norm.weight');
    const progress: number[] = [];
    const written = await programs.write({ ...writeJob, ...places() }, signal, (bytes) =>
      progress.push(bytes),
    );
    const bytes = readFileSync(place('output'));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect(written).toEqual({ digest, size: planned.total, warnings: [] });
    expect(bytes.length).toBe(planned.total);
    expect(progress.length).toBeGreaterThan(0);
    expect(progress.every((count) => count > header.dataOffset && count <= planned.total)).toBe(true);
    expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]);
  });

  it('write tensors of any size and order in less than 120 MB', async () => {
    // A file without content on the disk: 100 MB of zeros.
    const path = place('zeros');
    writeFileSync(path, '');
    truncateSync(path, 100_000_000);
    const source = (shape: number[], type: SafeType): TensorData => ({
      kind: 'source',
      tensor: { type, shape, path, start: 0 },
    });
    const turned: TensorData = { kind: 'transpose', axes: [0, 2, 1], of: source([2, 2500, 5000], 'F32') };
    const heads: TensorData = { kind: 'interleave-heads', heads: 10_000, of: source([300_000, 64], 'BF16') };
    const scaled: TensorData = {
      kind: 'scaled',
      block: [1, 32],
      of: source([10, 10_000_000], 'F8_E4M3'),
      scale: source([10, 312_500], 'BF16'),
    };
    const jobs: TensorJob[] = [
      { name: 'turned', shape: [2500, 5000, 2], type: 1, data: turned },
      { name: 'heads', shape: [64, 300_000], type: 1, data: heads },
      { name: 'rows', shape: [10_000_000, 10], type: 8, data: scaled },
    ];
    checkTensorJobs(jobs);
    writeFileSync(place('output'), new Uint8Array(64));
    await writePlanFile(place('plan'), { dataOffset: 64, total: 0 }, jobs);
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, peakMemory(pids[0] ?? 0));
    }, 20);
    const programs = convertPrograms({ program, keeper });
    const written = await programs.write({ ...writeJob, ...places() }, signal, () => undefined);
    clearInterval(watch);
    const bytes = 64 + jobs.reduce((sum, job) => sum + tensorBytes(job), 0);
    expect(written.size).toBe(statSync(place('output')).size);
    expect(written.size - bytes).toBeLessThan(3 * 32);
    expect(peak).toBeGreaterThan(30e6);
    expect(peak).toBeLessThan(120e6);
  });

  it('report a folder that cannot be converted, without a byte of output', async () => {
    const withoutConfig = files.filter(({ name }) => name !== 'config.json');
    const planning = convertPrograms({ program }).plan(planJob({ files: withoutConfig }), signal);
    await expect(planning).rejects.toMatchObject({ code: 'invalid-request', status: 400 });
    await expect(planning).rejects.toThrow('config.json');
    expect(() => readFileSync(place('output'))).toThrow('ENOENT');
  });

  it('report a full disk while the start is written, and while tensors are', async () => {
    const programs = convertPrograms({ program });
    const full = { code: 'storage-full', message: expect.stringContaining(`while writing ${FULL}`) };
    await expect(programs.plan(planJob({ outputPath: FULL }), signal)).rejects.toMatchObject(full);
    await programs.plan(planJob(), signal);
    const writing = programs.write({ ...writeJob, ...places(), outputPath: FULL }, signal, () => undefined);
    await expect(writing).rejects.toMatchObject(full);
  });

  it('report weights that became shorter, or were removed, since they were planned', async () => {
    const programs = convertPrograms({ program });
    await programs.plan(planJob(), signal);
    truncateSync(weights(), 1000);
    const write = () => programs.write({ ...writeJob, ...places() }, signal, () => undefined);
    await expect(write()).rejects.toThrow('became shorter while it was read');
    rmSync(weights());
    await expect(write()).rejects.toMatchObject({ code: 'runner-failed' });
    await expect(write()).rejects.toThrow(/^the model could not be converted: ENOENT: no such file/);
  });

  it('do not wait for a named pipe in the place of the weights', async () => {
    const programs = convertPrograms({ program });
    await programs.plan(planJob(), signal);
    rmSync(weights());
    execFileSync('sh', ['-c', 'mkfifo "$0"', weights()]);
    const writing = programs.write({ ...writeJob, ...places() }, signal, () => undefined);
    await expect(writing).rejects.toThrow('is a named pipe, not a regular file');
  });

  it('end when they are canceled', async () => {
    await planLongJob();
    const programs = convertPrograms({ program, keeper });
    const controller = new AbortController();
    const cancel = () => controller.abort();
    const writing = programs.write({ ...writeJob, ...places() }, controller.signal, cancel);
    await expect(writing).rejects.toMatchObject({ code: 'canceled' });
    expect(await isRunning(pids[0] ?? 0)).toBe(false);
    await expect(programs.plan(planJob(), controller.signal)).rejects.toMatchObject({ code: 'canceled' });
  });

  it('say that they were killed', async () => {
    await planLongJob();
    const programs = convertPrograms({ program, keeper });
    const kill = () => process.kill(pids[0] ?? 0, 'SIGKILL');
    const writing = programs.write({ ...writeJob, ...places() }, signal, kill);
    await expect(writing).rejects.toThrow('was killed by SIGKILL, probably because the system ran out');
    await expect(writing).rejects.toMatchObject({ code: 'runner-failed' });
  });

  it('end with a parent that is killed', async () => {
    await planLongJob();
    const code = `
      import { convertPrograms } from ${JSON.stringify(join(built, 'models/conversion/convert-process.js'))};
      const keeper = { add: (pid) => { globalThis.pid = pid; } };
      const job = ${JSON.stringify({ ...writeJob, ...places() })};
      await convertPrograms({ keeper }).write(job, new AbortController().signal, () => console.log(globalThis.pid));
    `;
    const parent = spawn(process.execPath, [fakeProgram(code)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number.parseInt(chunk.toString(), 10))),
    );
    expect(await isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it.each([
    ['prints something else', 'console.log("no event")', /Unexpected token/],
    [
      'prints a line without end',
      'for (;;) await new Promise((resolve) => process.stdout.write("x".repeat(1e6), resolve))',
      /a line without end/,
    ],
    ['prints nothing', '', /the process printed no plan/],
    ['fails', 'console.error("error: the library is missing"); process.exit(1)', /: the library is missing$/],
    ['aborts', 'process.abort()', /killed by SIGABRT|needs? more memory/],
    [
      'fills its heap',
      'const all = []; for (;;) all.push(Array(1e5).fill(all.length))',
      /need more memory than the process may use/,
    ],
    [
      'fills the memory outside of its heap',
      'const all = []; for (;;) { all.push(Buffer.alloc(1e8, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); }',
      /needed more than 2048 MiB of memory/,
    ],
  ])('are not trusted: one that %s', async (_, code, message) => {
    const planning = convertPrograms({ program: fakeProgram(code) }).plan(planJob(), signal);
    await expect(planning).rejects.toThrow(message);
    await expect(planning).rejects.toMatchObject({ code: 'runner-failed' });
  });
});
