/**
 * A day of mixed load in a quarter of an hour leaves nothing behind: `npm run soak -- --minutes 15`. The lane runs a short
 * version.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MIB } from '../../../src/base/units.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { RegistryServer } from '../../fakes/servers/registry-server.ts';
import { seedFrom } from '../../scale.ts';
import { MixedLoad, type MixedLoadOptions, mixedModels } from '../support/mixed-load.ts';
import { type ProcessUsage, usageOf } from '../support/process-usage.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, filesBelow, patience, post, randomModelBytes } from '../support/server-requests.ts';

const minutes = Number(process.env.SOAK_MINUTES ?? 1);
const MINUTE_MS = 60_000;
const SAMPLE_MS = 5000;
/** Caches fill, and code is compiled, in the first part. */
const WARM_UP_PART = 0.25;
/** Over a whole day. */
const MAX_GROWTH = 0.05;
/** In a minute, code is still being compiled, so that it only shows large leaks. */
const MAX_GROWTH_OF_SHORT_RUN = 0.15;
const SHORT_RUN_MINUTES = 10;
/**
 * Growth of the resident memory, which also holds what the allocator keeps in reserve and cannot give back: its blocks are
 * scattered.
 */
const MAX_RESIDENT_GROWTH = 0.25;
/** The client opens and closes connections at any time. */
const MAX_GROWTH_HANDLES = 3;

const median = (values: readonly number[]) =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Memory {
  /** Bytes in use by JavaScript. */
  readonly used: number;
  /** Resident bytes of the process. */
  readonly rss: number;
}

interface Phase {
  /** Of the server during the load, after a collection of garbage each. */
  readonly memory: readonly Memory[];
  /** When the load had ended. */
  readonly usage: ProcessUsage;
  readonly load: MixedLoad;
}

/** Whether a process is one of our runners: the system gives the same IDs to other programs in the course of a day. */
async function isRunner(id: number): Promise<boolean> {
  const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
  return command.includes(fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url)));
}

async function memoryOf({ pid }: TestServer, file: string): Promise<Memory> {
  await rm(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  await expect.poll(() => existsSync(file), patience).toBe(true);
  return JSON.parse(await readFile(file, 'utf8')) as Memory;
}

async function runPhase(
  milliseconds: number,
  parts: MixedLoadOptions & { readonly memoryFile: string },
): Promise<Phase> {
  const { server, memoryFile } = parts;
  const load = new MixedLoad(parts);
  const memory: Memory[] = [];
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    await pause(Math.min(SAMPLE_MS, milliseconds / 12));
    memory.push(await memoryOf(server, memoryFile));
  }
  await load.stop();
  for (const model of mixedModels) await post(server, '/api/generate', { model, keep_alive: 0 });
  await expect.poll(() => childrenOf(server.pid), patience).toEqual([]);
  return { memory, usage: await usageOf(server.pid), load };
}

/** Medians of the first and the last third. */
function thirds(values: readonly number[]): {
  readonly first: number;
  readonly last: number;
  readonly growth: number;
} {
  const third = Math.floor(values.length / 3);
  const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))];
  return { first, last, growth: last / first - 1 };
}

function report({ memory, usage, load }: Phase): string {
  const [used, resident] = (['used', 'rss'] as const).map((kind) => {
    const { first, last } = thirds(memory.map((sample) => sample[kind] / MIB));
    return `${first.toFixed(1)} -> ${last.toFixed(1)} MiB`;
  });
  return `used ${used}, resident ${resident}, ${usage.handles} descriptors, ${JSON.stringify(load.deeds)}\n`;
}

function expectFlat({ memory }: Phase): void {
  const isShort = minutes < SHORT_RUN_MINUTES;
  const used = thirds(memory.map((sample) => sample.used));
  expect(used.growth).toBeLessThan(isShort ? MAX_GROWTH_OF_SHORT_RUN : MAX_GROWTH);
  expect(thirds(memory.map(({ rss }) => rss)).growth).toBeLessThan(MAX_RESIDENT_GROWTH);
}

it(`${minutes} minutes of loads, answers, cancels, crashes and pulls leave nothing behind`, {
  timeout: minutes * MINUTE_MS + 5 * MINUTE_MS,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-day-'));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const registry = await RegistryServer.start();
  const memoryFile = join(folder, 'memory.json');
  const env = {
    TMPDIR: temporary,
    OLLAMA_KV_CACHE_DIR: join(folder, 'kv'),
    NODE_OPTIONS: `--import=${new URL('../support/tell-memory.mjs', import.meta.url).href}`,
    MEMORY_FILE: memoryFile,
  };
  const server = await startTestServer({ env });
  const processes = new Set<number>();
  try {
    const weights = await randomModelBytes({ seed: 99 });
    for (const [seed, model] of mixedModels.entries()) {
      await createModel(server, model, await randomModelBytes({ seed }));
    }
    const files = await filesBelow(server.modelsFolder);
    const parts = { server, registry, weights, seed: seedFrom(17), memoryFile };
    const warm = await runPhase(minutes * MINUTE_MS * WARM_UP_PART, parts);
    const day = await runPhase(minutes * MINUTE_MS * (1 - WARM_UP_PART), parts);
    if (process.env.SOAK_MINUTES) process.stderr.write(`warm-up: ${report(warm)}then: ${report(day)}`);
    for (const { load } of [warm, day]) for (const id of load.processes) processes.add(id);
    expect(day.load.surprises).toEqual([]);
    const { answers, cancels, crashes, pulls, unloads, lost } = day.load.deeds;
    for (const count of [answers, cancels, crashes, pulls, unloads]) expect(count).toBeGreaterThan(0);
    expect(answers).toBeGreaterThan(5 * lost);
    expectFlat(day);
    expect(day.usage.handles - warm.usage.handles).toBeLessThanOrEqual(MAX_GROWTH_HANDLES);
    expect(await filesBelow(server.modelsFolder)).toEqual(files);
  } finally {
    await server[Symbol.asyncDispose]();
    await registry.close();
  }
  const left = await Promise.all([...processes].map(isRunner));
  expect(left).not.toContain(true);
  expect(await filesBelow(temporary)).toEqual([]);
  await rm(folder, { recursive: true });
});
