/** Models on a GPU in software: what is placed there is what llama.cpp reports, and the experts of some layers stay away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { MIB } from '../../../src/base/units.ts';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { listDevices } from '../../../src/gpus/device-list.ts';
import type { GpuDevice } from '../../../src/gpus/gpu-device.ts';
import { createLoadTarget, type LoadTarget, type WantedLoad } from '../../../src/scheduler/load-target.ts';
import { totalOf } from '../../../src/scheduler/memory/memory-pools.ts';
import { findPlace, type Place } from '../../../src/scheduler/placement/place.ts';
import { writeRandomArchitecture } from '../../fakes/models/random-architectures.ts';
import { type SizedModelOptions, writeSizedModel } from '../../fakes/models/sized-model.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { fakeLoadTarget } from '../../fakes/scheduler/fake-load-target.ts';
import { schedulerSettings } from '../../fakes/scheduler/scheduler-settings.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';
import { startTestServer } from '../support/server-process.ts';
import { createModel, post, send } from '../support/server-requests.ts';
import { installSoftwareGpu } from '../support/software-gpu.ts';

/** Enough for 150 MB over a slow connection. */
const DOWNLOAD_MS = 600_000;
/** Allowed difference between prediction and report, as a fraction of the report. */
const TOLERANCE = 0.1;
const GPU = 'Vulkan0';
const devicesProgram = fileURLToPath(new URL('../../../dist/engine/devices-main.js', import.meta.url));

let home: string;
let problem = '';
let libraryFolder = '';
let gpuEnvironment: Record<string, string> = {};
let device: GpuDevice;

/** The children of this process inherit the environment. */
const before = { ...process.env };

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ollama-software-gpu-'));
  problem = await prepare();
}, DOWNLOAD_MS);

afterAll(async () => {
  process.env = before;
  await rm(home, { recursive: true, force: true });
});

/** @returns why there is no GPU; "" = there is one */
async function prepare(): Promise<string> {
  const installed = await installSoftwareGpu(home);
  if (typeof installed === 'string') return installed;
  gpuEnvironment = installed.environment;
  libraryFolder = installed.libraryFolder;
  const { HOME: _, ...found } = gpuEnvironment;
  Object.assign(process.env, found);
  const { devices } = await listDevices({ folder: libraryFolder, program: devicesProgram });
  const gpu = devices.find(({ id }) => id === GPU);
  if (!gpu) return `there is no ${GPU}: ${JSON.stringify(devices)}`;
  device = { ...gpu, kind: 'gpu', library: 'vulkan', libraryFolder };
  return '';
}

function requireGpu(context: TestContext): void {
  if (problem !== '')
    skipWithout("a GPU in software (Debian's Mesa and the Vulkan backend)", context, problem);
}

async function targetOf(modelPath: string, load: Partial<WantedLoad>): Promise<LoadTarget> {
  const facts = ggufFacts(await readGgufFile(modelPath));
  const {
    estimate: _,
    reloadKey: _key,
    ...identity
  } = fakeLoadTarget('moe', {
    load: { modelPath, ...load },
  });
  return createLoadTarget({ ...identity, facts });
}

/** @param freeBytes free memory of the GPU */
function placeOf(target: LoadTarget, freeBytes: number): Place {
  const room = { count: 1, systemBytes: 1e12, gpus: [{ ...device, freeBytes }] };
  const place = findPlace(target, room, { settings: schedulerSettings(), isAlone: true });
  if (!place) throw new Error('the model has no place');
  return place;
}

async function load(target: LoadTarget, place: Place) {
  const { devices, gpuLayers, expertLayersOnCpu, slots } = place;
  return await startEngine({
    ...target.load,
    useMmap: true,
    slots,
    libraryFolder,
    ...(devices && { devices }),
    gpuLayers,
    expertLayersOnCpu,
  });
}

function expectClose(predicted: number, reported: number, what: string): void {
  const error = predicted / reported - 1;
  expect(Math.abs(error), `${what}: ${predicted} predicted, ${reported} reported`).toBeLessThanOrEqual(
    TOLERANCE,
  );
}

describe('a mixture of experts on a GPU', () => {
  const wide = { embedding: 512, heads: 8, kvHeads: 2, vocabulary: 4000, layers: 6 };

  it.for<[SizedModelOptions, Partial<WantedLoad>]>([
    [{ architecture: 'qwen3moe', ...wide, feedForward: 1024, type: 'Q8_0' }, { contextLength: 2048 }],
    [{ architecture: 'qwen3moe', ...wide, feedForward: 4096, type: 'Q4_0' }, { contextLength: 8192 }],
    [{ architecture: 'gpt-oss', ...wide, feedForward: 2048, type: 'F16' }, { contextLength: 4096 }],
    [{ architecture: 'deepseek2', layers: 6, type: 'Q8_0', feedForward: 2048 }, { contextLength: 4096 }],
  ])('has the predicted memory on GPU and CPU: %j', async ([model, wanted], context) => {
    requireGpu(context);
    const modelPath = join(home, 'sized.gguf');
    await writeSizedModel(modelPath, model);
    for (const expertLayersOnCpu of [0, 2, 99]) {
      const target = await targetOf(modelPath, { ...wanted, expertLayersOnCpu });
      const place = placeOf(target, device.totalBytes);
      const runner = await load(target, place);
      await runner.stop();
      const { memoryBytes, gpuMemoryBytes, deviceBytes, allLayersOnGpu } = runner.facts;
      const what = `${model.architecture} with the experts of ${expertLayersOnCpu} layers on the CPU`;
      expect(allLayersOnGpu, what).toBe(expertLayersOnCpu === 0);
      expect(Object.keys(deviceBytes ?? {})).toEqual([GPU]);
      expectClose(place.pools[GPU] ?? 0, gpuMemoryBytes, `${what}, on the GPU`);
      expectClose(totalOf(place.pools) - target.estimate(1).processBytes, memoryBytes, `${what}, in total`);
    }
  });

  // The driver translates its programs first, which takes more than a minute; a token then takes less than 0.1 s.
  it('gives nearly the same numbers wherever its experts are', { timeout: 1_200_000 }, async (context) => {
    requireGpu(context);
    const modelPath = join(home, 'random.gguf');
    await writeRandomArchitecture(modelPath, 'qwen3moe');
    const answers = [0, 3].map(async (expertLayersOnCpu) => {
      const wanted = { contextLength: 256, batchSize: 64, flashAttention: 'off', expertLayersOnCpu } as const;
      const target = await targetOf(modelPath, wanted);
      const runner = await load(target, placeOf(target, device.totalBytes));
      try {
        return await askRunner(runner, [5], { maxTokens: 24, topLogprobs: 1, draftTokens: 0 });
      } finally {
        await runner.stop();
      }
    });
    const [whole, split] = await Promise.all(answers);
    expect(split?.tokens).toEqual(whole?.tokens);
    expect(split?.logprobs).toHaveLength(24);
    for (const [index, logprob] of (split?.logprobs ?? []).entries()) {
      expect(logprob).toBeCloseTo(whole?.logprobs[index] ?? Number.NaN, 2);
    }
  });

  it('that does not fit is loaded with as few experts on the CPU as necessary, and ps shows the division', async (context) => {
    requireGpu(context);
    const modelPath = join(home, 'served.gguf');
    await writeSizedModel(modelPath, { architecture: 'qwen3moe', ...wide, feedForward: 1024, type: 'Q8_0' });
    const whole = placeOf(await targetOf(modelPath, { contextLength: 2048 }), device.totalBytes);
    // Room for two thirds of it.
    const overhead = device.totalBytes - Math.round((whole.pools[GPU] ?? 0) * 0.66);
    const env = {
      ...gpuEnvironment,
      OLLAMA_LLM_LIBRARY: 'vulkan',
      OLLAMA_NUM_PARALLEL: '1',
      OLLAMA_GPU_OVERHEAD: `${overhead}`,
    };
    await using server = await startTestServer({ env });
    await createModel(server, 'moe', modelPath);
    // Loads the model without computing anything.
    const loadWith = async (options: object) => {
      const reply = await post(server, '/api/generate', { model: 'moe', options });
      expect(reply.status, JSON.stringify(reply.body)).toBe(200);
      const list = await (await send(server, 'GET', '/api/ps', undefined)).json();
      return (
        (list as { models: { size: number; size_vram: number }[] }).models[0] ?? { size: 0, size_vram: 0 }
      );
    };
    const split = await loadWith({});
    expect(split.size_vram).toBeGreaterThan(0);
    expect(split.size_vram).toBeLessThan(device.totalBytes - overhead);
    expect(split.size - split.size_vram).toBeGreaterThan(20 * MIB);
    expect(server.output()).toMatch(/"expertLayersOnCpu":[1-5],[^\n]*"msg":"loading model"/);
    const all = await loadWith({ num_cpu_moe: 99 });
    expect(all.size_vram).toBeLessThan(split.size_vram);
    expect(server.output()).toMatch(/"expertLayersOnCpu":6,[^\n]*"msg":"loading model"/);
    // Divided by layers, as without this option.
    const layers = await loadWith({ num_cpu_moe: 0 });
    expect(layers.size_vram).toBeGreaterThan(0);
    const last = server
      .output()
      .split('\n')
      .findLast((line) => line.includes('"loading model"'));
    expect(last).not.toContain('expertLayersOnCpu');
  });
});
