/** Weights in huge pages: that they get there, what is reported about them, and that they change no answer. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { GIB, MIB } from '../../../src/base/units.ts';
import { ggufFacts } from '../../../src/gguf/facts.ts';
import { readGgufFile } from '../../../src/gguf/parse.ts';
import { hasHugePages } from '../../../src/runner/huge-pages.ts';
import { estimateMemory } from '../../../src/scheduler/memory/memory-estimate.ts';
import { prerequisite } from '../../fakes/prerequisites.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { startEngine } from '../support/engine-runner.ts';
import { HAS_MATRIX_UNITS } from '../support/matrix-units.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import { createModel, patience, post, send } from '../support/server-requests.ts';

const HAS_HUGE_PAGES = prerequisite(
  'a kernel with transparent huge pages on "madvise" or "always"',
  hasHugePages(),
);
/** Bytes of the weights of SmolLM2. */
const WEIGHTS = 86 * MIB;

/** Resident memory of a process, in bytes. */
async function memoryOf(pid: number) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  return { resident: bytes('Rss'), own: bytes('Anonymous'), huge: bytes('AnonHugePages') };
}

async function answer(server: TestServer, options: object = {}): Promise<string> {
  const { status, body } = await post(server, '/api/generate', {
    model: 'smol',
    prompt: 'List ten animals of the forest.',
    stream: false,
    options: { seed: 7, num_predict: 48, deterministic: true, num_thread: 1, ...options },
  });
  expect(status).toBe(200);
  const { response } = body as { response: string };
  expect(response.length).toBeGreaterThan(50);
  return response;
}

async function onlyChild(server: TestServer): Promise<number> {
  const children = await childrenOf(server.pid);
  expect(children).toHaveLength(1);
  return children[0] ?? 0;
}

async function unload(server: TestServer): Promise<void> {
  await post(server, '/api/generate', { model: 'smol', keep_alive: 0 });
  await expect.poll(() => childrenOf(server.pid), patience).toEqual([]);
}

interface Loaded {
  readonly text: string;
  readonly size: number;
  readonly memory: Awaited<ReturnType<typeof memoryOf>>;
}

async function load(server: TestServer, options: object = {}): Promise<Loaded> {
  const text = await answer(server, options);
  const ps = (await (await send(server, 'GET', '/api/ps', undefined)).json()) as {
    models: { size: number }[];
  };
  return { text, size: ps.models[0]?.size ?? 0, memory: await memoryOf(await onlyChild(server)) };
}

async function withServer<T>(
  env: Record<string, string>,
  act: (server: TestServer) => Promise<T>,
): Promise<T> {
  await using server = await startTestServer({ env });
  await createModel(server, 'smol', inject('smolModelPath'));
  return await act(server);
}

describe.runIf(HAS_HUGE_PAGES)('a model on the CPU', () => {
  let server: TestServer;
  let loaded: Loaded;

  beforeAll(async () => {
    server = await startTestServer();
    await createModel(server, 'smol', inject('smolModelPath'));
    loaded = await load(server);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('has its weights in huge pages of its own memory, and the log says so', () => {
    expect(loaded.memory.own).toBeGreaterThan(WEIGHTS);
    // The kernel may lack whole huge pages for a part.
    expect(loaded.memory.huge).toBeGreaterThan(WEIGHTS / 2);
    expect(server.output()).toMatch(/"model":"smol[^\n]*"msg":"weights are read into huge pages"/);
    expect(server.output()).toMatch(/"hugePageBytes":\d{8,}[^\n]*"msg":"model loaded"/);
  });

  it('gives the same answer, to the letter, and has the same size, when they are off', async () => {
    const off = await withServer({ OLLAMA_HUGE_PAGES: 'off' }, load);
    expect(off.memory.huge).toBeLessThan(10 * MIB);
    // Not its own memory: where the processor has matrix units, the kernels keep a second form of the weights there in both cases.
    const ofFiles = ({ memory }: Loaded) => memory.resident - memory.own;
    expect(ofFiles(off)).toBeGreaterThan(ofFiles(loaded) + WEIGHTS / 2);
    expect(off.text).toBe(loaded.text);
    // llama.cpp rounds each buffer in its log to hundredths of a mebibyte, and counts the second form in one of the cases only.
    const difference = MIB + (HAS_MATRIX_UNITS ? WEIGHTS / 2 : 0);
    expect(Math.abs(off.size - loaded.size)).toBeLessThan(difference);
  });

  it('is mapped when the request says so, which reloads it', async () => {
    const before = await onlyChild(server);
    expect(await answer(server, { use_mmap: true })).toBe(loaded.text);
    const mapped = await onlyChild(server);
    expect(mapped).not.toBe(before);
    expect((await memoryOf(mapped)).huge).toBeLessThan(10 * MIB);
    expect(server.output()).toMatch(
      /"reason":"use_mmap is true"[^\n]*"msg":"weights are mapped from their file"/,
    );
    // Who says nothing is served by what is loaded.
    await answer(server);
    expect(await onlyChild(server)).toBe(mapped);
  });

  it('stays locked in memory when the request says so', async () => {
    await unload(server);
    const locked = await load(server, { use_mlock: true });
    expect(locked.text).toBe(loaded.text);
    expect(locked.memory.huge).toBeGreaterThan(WEIGHTS / 2);
  });
});

it.runIf(HAS_HUGE_PAGES)('a model is mapped where the memory limit leaves no reserve', async () => {
  const { memory } = await withServer(
    { OLLAMA_MEMORY_LIMIT: '512MiB', OLLAMA_NUM_PARALLEL: '1' },
    async (server) => {
      const loaded = await load(server);
      expect(server.output()).toMatch(/"reason":"not enough free memory to own the weights"/);
      return loaded;
    },
  );
  expect(memory.huge).toBeLessThan(10 * MIB);
});

it.runIf(HAS_HUGE_PAGES).each([
  { slots: 1, contextLength: 2048 },
  { slots: 4, contextLength: 8192 },
])('the prediction covers the memory of the process: %j', async (shape) => {
  const modelPath = inject('smolModelPath');
  const load = { ...shape, batchSize: 512, flashAttention: 'auto', kvCacheType: 'f16' } as const;
  const predicted = estimateMemory(ggufFacts(await readGgufFile(modelPath)), load, shape.slots).totalBytes;
  const runner = await startEngine({ ...load, modelPath, useMmap: false, hugePages: true });
  const { resident, huge } = await memoryOf(runner.pid);
  await runner.stop();
  expect(huge).toBeGreaterThan(WEIGHTS / 2);
  expect(resident).toBeLessThan(predicted);
  expect(resident).toBeGreaterThan(predicted / 2);
  expect(predicted).toBeLessThan(GIB);
});

it.runIf(HAS_HUGE_PAGES)(
  'a load into huge pages reports its progress, and ends when its client leaves',
  async () => {
    const fractions: number[] = [];
    const options = { useMmap: false, hugePages: true, modelPath: inject('smolModelPath') };
    const runner = await startEngine(options, { onProgress: (fraction) => fractions.push(fraction) });
    await runner.stop();
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.length).toBeGreaterThan(5);
    expect(fractions).toEqual([...fractions].sort((left, right) => left - right));

    const client = new AbortController();
    const before = await childrenOf(process.pid);
    const loading = startEngine(options, { signal: client.signal, onProgress: () => client.abort() });
    await expect(loading).rejects.toMatchObject({ code: 'canceled' });
    expect(await childrenOf(process.pid)).toEqual(before);
  },
);
