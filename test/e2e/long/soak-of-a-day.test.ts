/**
 * A day of mixed load in a quarter of an hour leaves nothing behind: `npm run soak -- --minutes 15`. The lane runs a short
 * version.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { childrenOf, isRunning } from '../../fakes/processes.ts';
import { RegistryServer } from '../../fakes/servers/registry-server.ts';
import { seedFrom } from '../../scale.ts';
import { MixedLoad, mixedModels } from '../support/mixed-load.ts';
import { type ProcessUsage, usageOf } from '../support/process-usage.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, filesBelow, patience, post, randomModelBytes } from '../support/server-requests.ts';

const minutes = Number(process.env.SOAK_MINUTES ?? 1);
const MINUTE_MS = 60_000;
const SAMPLE_MS = 500;
/** Caches fill, and the heap of Node.js finds its size, in the first part. */
const WARM_UP_PART = 0.25;
/** Over a whole day. */
const MAX_GROWTH = 0.05;
/** A minute is too short for a garbage collector to find its balance, so that it only shows large leaks. */
const MAX_GROWTH_OF_SHORT_RUN = 0.25;
const SHORT_RUN_MINUTES = 10;
/** The client opens and closes connections at any time. */
const MAX_GROWTH_HANDLES = 3;

const median = (values: readonly number[]) =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

interface Phase {
  /** Resident MiB of the server during the load. */
  readonly memory: readonly number[];
  /** When the load had ended. */
  readonly usage: ProcessUsage;
  readonly load: MixedLoad;
}

async function runPhase(
  milliseconds: number,
  parts: { server: TestServer; registry: RegistryServer; weights: Uint8Array; seed: number },
): Promise<Phase> {
  const { server } = parts;
  const load = new MixedLoad(parts);
  const memory: number[] = [];
  for (const end = performance.now() + milliseconds; performance.now() < end; await pause(SAMPLE_MS)) {
    memory.push((await usageOf(server.pid)).residentMebibytes);
  }
  await load.stop();
  for (const model of mixedModels) await post(server, '/api/generate', { model, keep_alive: 0 });
  await expect.poll(() => childrenOf(server.pid), patience).toEqual([]);
  return { memory, usage: await usageOf(server.pid), load };
}

function report({ memory, usage, load }: Phase): string {
  const third = Math.floor(memory.length / 3);
  const [early, middle, late] = [0, 1, 2].map((part) =>
    median(memory.slice(part * third, (part + 1) * third)).toFixed(1),
  );
  return `${early}, ${middle}, ${late} MiB (medians), ${usage.handles} descriptors, ${JSON.stringify(load.deeds)}\n`;
}

it(`${minutes} minutes of loads, answers, cancels, crashes and pulls leave nothing behind`, {
  timeout: minutes * MINUTE_MS + 5 * MINUTE_MS,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ollama-day-'));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const registry = await RegistryServer.start();
  const env = { TMPDIR: temporary, OLLAMA_KV_CACHE_DIR: join(folder, 'kv') };
  const server = await startTestServer({ env });
  const processes = new Set<number>();
  try {
    const weights = await randomModelBytes({ seed: 99 });
    for (const [seed, model] of mixedModels.entries()) {
      await createModel(server, model, await randomModelBytes({ seed }));
    }
    const files = await filesBelow(server.modelsFolder);
    const parts = { server, registry, weights, seed: seedFrom(17) };
    const warm = await runPhase(minutes * MINUTE_MS * WARM_UP_PART, parts);
    const day = await runPhase(minutes * MINUTE_MS * (1 - WARM_UP_PART), parts);
    if (process.env.SOAK_MINUTES) process.stderr.write(`warm-up: ${report(warm)}then: ${report(day)}`);
    for (const { load } of [warm, day]) for (const id of load.processes) processes.add(id);
    expect(day.load.surprises).toEqual([]);
    const { answers, cancels, crashes, pulls, unloads, lost } = day.load.deeds;
    for (const count of [answers, cancels, crashes, pulls, unloads]) expect(count).toBeGreaterThan(0);
    expect(answers).toBeGreaterThan(5 * lost);
    const third = Math.floor(day.memory.length / 3);
    const growth = median(day.memory.slice(-third)) / median(day.memory.slice(0, third)) - 1;
    expect(growth).toBeLessThan(minutes < SHORT_RUN_MINUTES ? MAX_GROWTH_OF_SHORT_RUN : MAX_GROWTH);
    expect(day.usage.handles - warm.usage.handles).toBeLessThanOrEqual(MAX_GROWTH_HANDLES);
    expect(await filesBelow(server.modelsFolder)).toEqual(files);
  } finally {
    await server[Symbol.asyncDispose]();
    await registry.close();
  }
  for (const id of processes) expect(await isRunning(id)).toBe(false);
  expect(await filesBelow(temporary)).toEqual([]);
  await rm(folder, { recursive: true });
});
