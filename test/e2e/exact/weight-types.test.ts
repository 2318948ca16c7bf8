/** Types of weights: how fast each runs here, and loading from converted copies. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf } from '../../fakes/processes.ts';
import {
  type CommandResult,
  runOllama,
  startTestServer,
  type TestServer,
} from '../support/server-process.ts';
import { createModel, filesBelow, patience, post, randomModelBytes } from '../support/server-requests.ts';

/** A measurement by which Q4_1 is slow on any machine. */
const measurement = {
  model: 'base',
  types: [
    { type: 'q4_1', decode: 50, prefill: 200 },
    { type: 'q8_0', decode: 100, prefill: 400 },
  ],
};
const options = { num_predict: 8, temperature: 0, ignore_eos: true, num_ctx: 64 };
const request = { prompt: 'the and', raw: true, stream: false, options };

let weights: Uint8Array;

beforeAll(async () => {
  weights = await randomModelBytes({ embedding: 256, layers: 2 });
});

async function createSlowModel(server: TestServer): Promise<void> {
  await createModel(server, 'base', weights);
  const slow = { model: 'slow', from: 'base', quantize: 'q4_1', stream: false };
  expect(await post(server, '/api/create', slow)).toMatchObject({ status: 200 });
  expect(await post(server, '/api/type-speeds', measurement)).toMatchObject({ status: 200 });
}

interface Loaded {
  readonly size: number;
  readonly details: { readonly quantization_level: string };
}

async function loadedModel(server: TestServer): Promise<Loaded | undefined> {
  const { models } = (await (await fetch(`${server.url}/api/ps`)).json()) as { models: Loaded[] };
  return models[0];
}

async function answer(server: TestServer, fields: object = {}): Promise<unknown> {
  const { status, body } = await post(server, '/api/generate', { model: 'slow', ...request, ...fields });
  expect(status).toBe(200);
  return (body as { response: string }).response;
}

const estimated = async (server: TestServer) =>
  (await post(server, '/api/estimate', { model: 'slow', slots: 1 })).body as {
    memory: { weights: number };
    speed?: object;
  };

describe('OLLAMA_REPACK', () => {
  let folder: string;
  let plain: { text: unknown; weights: number };
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    folder = server.modelsFolder;
    await createSlowModel(server);
    const { memory, speed } = await estimated(server);
    expect(speed).toMatchObject({ type: 'Q4_1', faster: 'Q8_0', source: 'measured' });
    plain = { text: await answer(server), weights: memory.weights };
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('is off by default: nothing is converted', async () => {
    expect((await loadedModel(server))?.details.quantization_level).toBe('Q4_1');
    expect((await filesBelow(folder)).filter((path) => path.includes('converted'))).toEqual([]);
  });

  it('loads slow types from a copy; ps and estimate count it, and a restart uses it again', async () => {
    const repacked = { modelsFolder: folder, env: { OLLAMA_REPACK: '1' } };
    const first = await startTestServer(repacked);
    let before: number;
    try {
      await post(first, '/api/type-speeds', measurement);
      before = (await estimated(first)).memory.weights;
      await answer(first);
      expect((await loadedModel(first))?.details.quantization_level).toBe('Q8_0');
      const after = await estimated(first);
      expect(after.memory.weights).toBeGreaterThan(1.3 * plain.weights);
      expect(Math.abs(before - after.memory.weights)).toBeLessThan(0.2 * after.memory.weights);
      expect(after).not.toHaveProperty('speed');
      expect(first.output()).toContain('weights converted');
      await post(first, '/api/generate', { model: 'slow', keep_alive: 0 });
      await expect.poll(() => loadedModel(first), patience).toBeUndefined();
    } finally {
      await first.stop();
    }
    const second = await startTestServer(repacked);
    try {
      await post(second, '/api/type-speeds', measurement);
      await answer(second);
      expect((await loadedModel(second))?.details.quantization_level).toBe('Q8_0');
      expect(second.output()).not.toContain('converting weights');
    } finally {
      await second.stop();
    }
  });

  it('answers as without it once it is off again, and with the same text as a plain Q8_0 model', async () => {
    expect(await answer(server, { keep_alive: 0 })).toBe(plain.text);
    const converted = { model: 'converted', from: 'slow', quantize: 'q8_0', requantize: true, stream: false };
    expect(await post(server, '/api/create', converted)).toMatchObject({ status: 200 });
    const exact = { options: { ...options, deterministic: true } };
    const expected = await answer(server, { ...exact, model: 'converted' });
    const repacked = await startTestServer({ modelsFolder: folder, env: { OLLAMA_REPACK: '1' } });
    try {
      await post(repacked, '/api/type-speeds', measurement);
      expect(await answer(repacked, exact)).toBe(expected);
    } finally {
      await repacked.stop();
    }
  });
});

describe('ollama bench --types', () => {
  let server: TestServer;
  const short = ['--repeat', '2', '--prompt-tokens', '16', '--tokens', '8'];

  beforeAll(async () => {
    server = await startTestServer();
    await createModel(server, 'base', weights);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const blobs = async () => (await filesBelow(join(server.modelsFolder, 'blobs'))).sort();
  const bench = (types: string, ...args: string[]): Promise<CommandResult> =>
    runOllama(['bench', 'base', '--types', types, ...short, ...args], { host: server.host });

  it('measures temporary copies, keeps the figures for auto, and removes the copies', async () => {
    const before = await blobs();
    const { status, stdout, stderr } = await bench('q4_0,q8_0', '--json');
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout) as { kept: boolean; types: { type: string; size: number }[] };
    expect(report).toMatchObject({
      kept: true,
      types: [{ type: 'Q4_0', decode_ratio: 1 }, { type: 'Q8_0' }],
    });
    expect(report.types[0]?.size).toBeLessThan(report.types[1]?.size ?? 0);
    expect(await blobs()).toEqual(before);
    await expect.poll(() => loadedModel(server), patience).toBeUndefined();
    await post(server, '/api/create', { model: 'chosen', from: 'base', quantize: 'auto', stream: false });
    const shown = (await post(server, '/api/show', { model: 'chosen' })).body as Loaded;
    expect(['Q4_0', 'Q8_0']).toContain(shown.details.quantization_level);
  });

  it('warns that weights are rounded again when they are quantized already', async () => {
    const slow = { model: 'slow', from: 'base', quantize: 'q4_1', stream: false };
    await post(server, '/api/create', slow);
    const { stdout, stderr } = await runOllama(['bench', 'slow', '--types', 'q8_0', ...short], {
      host: server.host,
    });
    expect(stderr).toContain('Q4_1 weights are rounded a second time');
    expect(stdout).toMatch(/^TYPE +SIZE +DECODE +RATIO +PREFILL +RATIO/);
  });

  it('refuses an unknown type and leaves nothing behind', async () => {
    const before = await blobs();
    const { status, stderr } = await bench('q8_0,q9');
    expect(status).toBe(1);
    expect(stderr).toContain('unsupported quantization type Q9');
    expect(await blobs()).toEqual(before);
  });

  it('removes the copies when Ctrl-C ends it', async () => {
    const before = await blobs();
    const program = join(import.meta.dirname, '../../../bin/ollama');
    const args = ['bench', 'base', '--types', 'q8_0', '--repeat', '1000'];
    const env = { ...process.env, OLLAMA_HOST: server.host };
    const child = spawn(process.execPath, [program, ...args], { env, stdio: 'ignore' });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await expect.poll(() => loadedModel(server), patience).toBeDefined();
    child.kill('SIGINT');
    await exited;
    expect(await blobs()).toEqual(before);
    await expect.poll(() => childrenOf(server.pid), patience).toHaveLength(0);
  });
});
