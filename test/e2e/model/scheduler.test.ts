/** The scheduler with real child processes. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { startRunner } from '../../../src/runner/start.ts';
import { createLoadTarget, type LoadTarget, type WantedLoad } from '../../../src/scheduler/load-target.ts';
import { availableMemoryBytes } from '../../../src/scheduler/memory/system-memory.ts';
import { Scheduler } from '../../../src/scheduler/scheduler.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { fakeLoadTarget } from '../../fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../../fakes/scheduler/scheduler-settings.ts';

const program = fileURLToPath(new URL('../../../dist/engine/main.js', import.meta.url));
let scheduler: Scheduler;

afterEach(() => scheduler.close());

function createScheduler(): Scheduler {
  return new Scheduler({
    effects: {
      freeMemory: () => ({ systemBytes: availableMemoryBytes(), gpus: [] }),
      refreshDevices: () => undefined,
      load: (load, signal) =>
        startRunner({ load, signal, program, loadTimeoutMs: 60_000, logger: silentLogger }),
    },
    settings: schedulerSettings({ maxLoadedModels: 1 }),
    clock: systemClock,
    logger: silentLogger,
  });
}

async function smolTarget(overrides: Partial<WantedLoad> = {}): Promise<LoadTarget> {
  const modelPath = inject('smolModelPath');
  const facts = ggufFacts(await readGgufFile(modelPath));
  const load = { modelPath, contextLength: 2048, gpuLayers: 0, ...overrides };
  const { estimate: _, reloadKey: _key, ...identity } = fakeLoadTarget('smol', { load });
  return createLoadTarget({ ...identity, facts });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the scheduler with real runners', () => {
  it('replaces a runner that was killed', async () => {
    scheduler = createScheduler();
    const model = await smolTarget();
    const first = await scheduler.acquire({ model });
    process.kill(first.runner.pid, 'SIGKILL');
    await first.runner.exited;
    first.release();
    const second = await scheduler.acquire({ model });
    expect(second.runner.pid).not.toBe(first.runner.pid);
    expect(await second.runner.tokenize('hello', { addSpecial: false, parseSpecial: false })).not.toEqual([]);
    second.release();
  });

  it('ends the old process before it serves another context length', async () => {
    scheduler = createScheduler();
    const first = await scheduler.acquire({ model: await smolTarget() });
    const pending = scheduler.acquire({ model: await smolTarget({ contextLength: 4096 }) });
    first.release();
    const second = await pending;
    expect(second.runner.facts.contextLength).toBe(4096);
    expect(isAlive(first.runner.pid)).toBe(false);
    second.release();
  });

  it('predicts at least the memory that a loaded model uses', async () => {
    scheduler = createScheduler();
    const model = await smolTarget({ useMmap: false });
    const lease = await scheduler.acquire({ model });
    const status = await readFile(`/proc/${lease.runner.pid}/status`, 'utf8');
    const residentBytes = Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1024;
    const predicted = model.estimate(1).totalBytes;
    expect(predicted).toBeGreaterThan(residentBytes);
    expect(predicted).toBeLessThan(2.5 * residentBytes);
    lease.release();
  });

  it('ends the child process of a load when its only client disconnects', async () => {
    scheduler = createScheduler();
    const client = new AbortController();
    const before = await childrenOf(process.pid);
    const pending = scheduler.acquire({ model: await smolTarget(), signal: client.signal });
    expect(await childrenOf(process.pid)).toHaveLength(before.length + 1);
    client.abort();
    await expect(pending).rejects.toMatchObject({ code: 'canceled' });
    await expect.poll(() => scheduler.running(), { timeout: 10_000 }).toEqual([]);
    expect(await childrenOf(process.pid)).toEqual(before);
  });
});
