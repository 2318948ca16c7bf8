/** Backends as npm delivers them: installed, used by a server, removed. */
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, type TestContext } from 'vitest';
import { listDevices } from '../../../src/gpus/device-list.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { askRunner, startEngine } from '../support/engine-runner.ts';
import { type CommandResult, runOllama, startTestServer } from '../support/server-process.ts';
import { createModel, post } from '../support/server-requests.ts';

/** Enough for 24 MB over a slow connection. */
const DOWNLOAD_MS = 300_000;
const devicesProgram = fileURLToPath(new URL('../../../dist/engine/devices-main.js', import.meta.url));

let home: string;
let env: Record<string, string>;
let installed: CommandResult;

const backend = (...args: string[]) => runOllama(['backend', ...args], { host: '127.0.0.1:1', env });
const backendsFolder = () => join(home, '.ollama', 'backends');

interface Listed {
  readonly backends: readonly {
    name: string;
    state: string;
    version: string | null;
    folder: string | null;
  }[];
}
const listed = async () => (JSON.parse((await backend('list', '--json')).stdout) as Listed).backends;
const libraryFolder = async () => (await listed()).find(({ name }) => name === 'vulkan')?.folder ?? '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ollama-home-'));
  // npm uses the settings and the cache of the user who runs the tests.
  env = {
    HOME: home,
    npm_config_userconfig: join(homedir(), '.npmrc'),
    npm_config_cache: join(homedir(), '.npm'),
  };
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('without any backend', () => {
  it('lists them all as not installed', async () => {
    const { status, stdout } = await backend('list');
    expect(status).toBe(0);
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^NAME +VERSION +STATE +SIZE/);
    expect(rows).toEqual([
      expect.stringMatching(/^cuda +- +not (installed|available) +-/),
      expect.stringMatching(/^vulkan +- +not (installed|available) +-/),
    ]);
  });

  it.each([
    [['install', 'rocm'], /unknown backend "rocm"; available backends: cuda, vulkan/],
    [['install'], /unknown backend ""/],
    [['remove', 'cuda'], /the backend cuda is not installed/],
    [['upgrade', 'cuda'], /unknown action "upgrade": use list, install or remove/],
    [[], /accepts between 1 and 2 arg/],
  ])('refuses "backend %s"', async (args, message) => {
    const { status, stderr } = await backend(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the Vulkan backend', () => {
  beforeAll(async () => {
    installed = await backend('install', 'vulkan');
  }, DOWNLOAD_MS);

  /** Without a registry there is nothing to test, and the report must show that. */
  const requireInstalled = (context: TestContext) => {
    const isOffline = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/.test(installed.stderr);
    if (installed.status !== 0 && isOffline)
      skipWithout('the npm registry', context, `the npm registry cannot be reached: ${installed.stderr}`);
    expect(installed).toMatchObject({ status: 0 });
  };

  it('is installed by npm, in the pinned version', async (context) => {
    requireInstalled(context);
    expect(installed.stdout).toMatch(/^installed vulkan \d+\.\d+\.\d+ \(\d+ MB\) in /);
    expect(await listed()).toMatchObject([{ name: 'cuda' }, { name: 'vulkan', state: 'installed' }]);
    expect(await readdir(backendsFolder())).toEqual(['vulkan']);
  });

  it('passes the self test and runs a model on the CPU', async (context) => {
    requireInstalled(context);
    const runner = await startEngine({
      modelPath: inject('smolModelPath'),
      libraryFolder: await libraryFolder(),
      gpuLayers: 99,
    });
    try {
      const prompt = await runner.tokenize('The capital of France is', {
        addSpecial: true,
        parseSpecial: false,
      });
      const { tokens } = await askRunner(runner, prompt);
      expect(await runner.detokenize(tokens)).toContain('Paris');
      // Without a plan, no GPU is used, even if there is one.
      expect(runner.facts).toMatchObject({ gpuMemoryBytes: 0, deviceBytes: {}, allLayersOnGpu: false });
    } finally {
      await runner.stop();
    }
  });

  it('refuses a plan with a device that does not exist, and names the existing ones', async (context) => {
    requireInstalled(context);
    const load = { modelPath: inject('smolModelPath'), libraryFolder: await libraryFolder() };
    const devices = { gpus: ['CUDA7'], split: [1] };
    await expect(startEngine({ ...load, devices })).rejects.toMatchObject({
      code: 'load-failed',
      message: expect.stringMatching(/the device "CUDA7" does not exist; available devices: .*CPU/),
    });
  });

  it('puts layers on the GPUs of a plan, split as in the plan', async (context) => {
    requireInstalled(context);
    const folder = await libraryFolder();
    const { devices } = await listDevices({ folder, program: devicesProgram });
    const gpus = devices.filter(({ kind }) => kind !== 'cpu').map(({ id }) => id);
    const [first, second] = gpus;
    if (first === undefined) return context.skip('no GPU on this machine');
    const load = async (options: Partial<LoadOptions>) => {
      const runner = await startEngine({
        modelPath: inject('smolModelPath'),
        libraryFolder: folder,
        ...options,
      });
      await runner.stop();
      return runner.facts;
    };
    const one = { gpus: [first], split: [1] };
    const all = await load({ devices: one, gpuLayers: -1 });
    expect(all.allLayersOnGpu).toBe(true);
    const some = await load({ devices: one, gpuLayers: 10 });
    expect(some.allLayersOnGpu).toBe(false);
    expect(some.gpuMemoryBytes).toBeLessThan(all.gpuMemoryBytes * 0.8);
    expect(some.deviceBytes).toEqual({ [first]: some.gpuMemoryBytes });
    if (second === undefined) return;
    const both = await load({ devices: { gpus: [second, first], split: [9, 1] }, gpuLayers: -1 });
    const { [first]: few = 0, [second]: many = 0 } = both.deviceBytes ?? {};
    expect(few).toBeGreaterThan(0);
    expect(many).toBeGreaterThan(few);
    expect(many + few).toBe(both.gpuMemoryBytes);
  }, 120_000);

  it('is loaded by the server when OLLAMA_LLM_LIBRARY names it', async (context) => {
    requireInstalled(context);
    await using server = await startTestServer({ env: { ...env, OLLAMA_LLM_LIBRARY: 'vulkan' } });
    await createModel(server, 'smol', inject('smolModelPath'));
    const options = { temperature: 0, num_predict: 4 };
    const body = { model: 'smol', prompt: 'The capital of France is', raw: true, stream: false, options };
    expect(await post(server, '/api/generate', body)).toMatchObject({
      status: 200,
      body: { response: expect.stringContaining('Paris') },
    });
    const maps = (await childrenOf(server.pid)).map((pid) => readFileSync(`/proc/${pid}/maps`, 'utf8'));
    expect(maps.join()).toContain(join(backendsFolder(), 'vulkan'));
  });

  it('can be removed; the server then logs that it is missing and continues without it', async (context) => {
    requireInstalled(context);
    expect(await backend('remove', 'vulkan')).toMatchObject({ status: 0, stdout: 'removed vulkan\n' });
    expect(await readdir(backendsFolder())).toEqual([]);
    await using server = await startTestServer({ env: { ...env, OLLAMA_LLM_LIBRARY: 'vulkan' } });
    expect(server.output()).toContain('ollama backend install vulkan');
  });
});
