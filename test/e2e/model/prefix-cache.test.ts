import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { CHUNK_TOKENS } from '../../../src/engine/batching/step-plan.ts';
import type { CompletionRequest } from '../../../src/protocol/completion.ts';
import type { LoadOptions } from '../../../src/protocol/load.ts';
import type { Runner } from '../../../src/runner/runner.ts';
import { writeRandomModel } from '../../fakes/models/random-model.ts';
import { type Answer, askRunner, startEngine } from '../support/engine-runner.ts';
import { startTestServer } from '../support/server-process.ts';
import { createModel, post, randomModelBytes } from '../support/server-requests.ts';

const MIB = 1024 * 1024;
const modelDigest = 'ab'.repeat(32);

const foxes = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. ';
const rivers = 'A river runs from the mountains to the sea, past towns and fields and old mills. ';
const clocks = 'The clock on the tower strikes every hour, and nobody in the square looks up. ';
/** About 200 tokens. */
const longText = (sentence: string) => sentence.repeat(10);

let folder: string;
let runner: Runner | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefix-cache-'));
});
afterEach(async () => {
  await runner?.stop();
  runner = undefined;
  await rm(folder, { recursive: true, force: true });
});

interface Memory {
  readonly slots: number;
  readonly hostBytes: number;
  readonly diskBytes: number;
}

async function start(memory: Partial<Memory> = {}, load: Partial<LoadOptions> = {}): Promise<void> {
  await runner?.stop();
  const { slots = 1, hostBytes = 256 * MIB, diskBytes = 256 * MIB } = memory;
  const prefixCache = { hostBytes, diskBytes, folder, modelDigest };
  runner = await startEngine({ modelPath: inject('smolModelPath'), slots, prefixCache, ...load });
}

/** Like `start`, with a model that computes almost instantly. */
async function startTiny(memory: Partial<Memory> = {}, load: Partial<LoadOptions> = {}): Promise<void> {
  const modelPath = join(folder, 'tiny.gguf');
  await writeRandomModel(modelPath, { contextLength: 1024 });
  await start(memory, { modelPath, contextLength: 1024, ...load });
}

async function ask(text: string, overrides: Partial<CompletionRequest> = {}): Promise<Answer> {
  if (!runner) throw new Error('no runner');
  // Without the last space the repetition certainly continues.
  const prompt = await runner.tokenize(text.trimEnd(), { addSpecial: true, parseSpecial: true });
  return askRunner(runner, prompt, overrides);
}

/** Like `ask`, with an answer that does not depend on what was computed before or beside it. */
const askFixed = (text: string) => ask(text, { deterministic: true });

/** Number of tokens that such an answer reuses at best: whole chunks, without the last token. */
const wholeChunks = ({ prompt }: Answer) => prompt - 1 - ((prompt - 1) % CHUNK_TOKENS);

const stateFiles = async () => {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.state')).map((name) => join(folder, name));
};

describe('the prefix cache', () => {
  it('leaves only the last token of a repeated prompt to compute', async () => {
    await start({ hostBytes: 0, diskBytes: 0 });
    expect((await ask(longText(foxes))).cached).toBe(0);
    const again = await ask(longText(foxes));
    expect(again.cached).toBe(again.prompt - 1);
  });

  it('starts from host memory when another conversation has taken the slot', async () => {
    await start({ diskBytes: 0 });
    const cold = await askFixed(longText(foxes));
    await ask(longText(rivers));
    const warm = await askFixed(longText(foxes));
    expect(cold.cached).toBe(0);
    expect(warm).toEqual({ ...cold, cached: wholeChunks(cold) });
  });

  it('shares the beginning of a conversation with another slot and leaves that slot intact', async () => {
    await start({ slots: 2, hostBytes: 0, diskBytes: 0 });
    const question = `${longText(foxes)}${rivers.repeat(4)}`;
    const other = `${longText(foxes)}${clocks.repeat(4)}`;
    const first = await askFixed(question);
    const second = await askFixed(other);
    expect(second.cached).toBe(2 * CHUNK_TOKENS);
    expect(await askFixed(question)).toEqual({ ...first, cached: wholeChunks(first) });
    await start({ slots: 2, hostBytes: 0, diskBytes: 0 });
    expect(await askFixed(other)).toEqual({ ...second, cached: 0 });
  });

  it('shares with a slot that is generating', async () => {
    await start({ slots: 2, hostBytes: 0, diskBytes: 0 });
    const alone = await askFixed(`${longText(clocks)}The clock on`);
    await start({ slots: 2, hostBytes: 0, diskBytes: 0 });
    await askFixed(longText(clocks));
    const [, beside] = await Promise.all([
      ask(`${longText(clocks)}The clock`, { maxTokens: 60 }),
      askFixed(`${longText(clocks)}The clock on`),
    ]);
    expect(beside.cached).toBe(2 * CHUNK_TOKENS);
    expect(beside).toEqual({ ...alone, cached: beside.cached });
  });

  it('continues from disk after an unload, and counts the reused tokens', async () => {
    await start();
    const cold = await askFixed(longText(foxes));
    await ask(longText(rivers));
    await start();
    expect(await askFixed(longText(foxes))).toEqual({ ...cold, cached: wholeChunks(cold) });
    expect((await ask(`${longText(rivers)}A river`)).cached).toBeGreaterThan(150);
  });

  it('reads from disk while a completion is running', async () => {
    await startTiny({ slots: 2 });
    const cold = await askFixed(longText(foxes));
    await startTiny({ slots: 2 });
    const [endless, warm] = await Promise.all([
      ask(longText(rivers), { maxTokens: 200 }),
      askFixed(longText(foxes)),
    ]);
    expect(warm).toEqual({ ...cold, cached: wholeChunks(cold) });
    expect(endless.cached).toBe(0);
  });

  it('is saved whether a signal to the whole process group arrives before or after the request to stop', async () => {
    for (const [index, isFirst] of [true, false].entries()) {
      await startTiny();
      await ask(longText(index === 0 ? foxes : rivers));
      const pid = runner?.pid ?? 0;
      if (isFirst) process.kill(pid, 'SIGTERM');
      const stopped = runner?.stop();
      if (!isFirst) process.kill(pid, 'SIGTERM');
      await stopped;
      expect(await stateFiles()).toHaveLength(index + 1);
    }
  });

  it('keeps files private, and keeps only the newest within the budget', async () => {
    await startTiny();
    for (const text of [foxes, rivers, clocks]) await ask(longText(text));
    await startTiny({ diskBytes: 0 });
    const sizes = await Promise.all((await stateFiles()).map(async (path) => (await stat(path)).size));
    expect(sizes).toHaveLength(3);
    for (const path of await stateFiles()) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, modelDigest))).mode & 0o777).toBe(0o700);

    const budget = Math.max(...sizes) * 2 + 1000;
    await startTiny({ diskBytes: budget });
    expect(await stateFiles()).toHaveLength(2);
    await ask(longText('Nothing of this was ever said before by anyone, as far as anyone can tell. '));
    await runner?.stop();
    const left = await Promise.all((await stateFiles()).map(async (path) => (await stat(path)).size));
    expect(left.length).toBeGreaterThan(0);
    expect(left.reduce((total, size) => total + size, 0)).toBeLessThanOrEqual(budget);
  });

  it('removes a damaged file and computes the prompt again', async () => {
    await startTiny();
    const cold = await askFixed(longText(foxes));
    await runner?.stop();
    const [path = ''] = await stateFiles();
    const good = await readFile(path);
    const damage: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.subarray(0, 1000),
      (bytes) => bytes.subarray(0, -1),
      (bytes) => Buffer.concat([bytes, bytes]),
      (bytes) => bytes.fill(0xff, 8, 16),
      (bytes) => bytes.fill(0xff, bytes.length - 5000, bytes.length - 4000),
      () => Buffer.alloc(0),
    ];
    for (const spoil of damage) {
      await writeFile(path, spoil(Buffer.from(good)));
      await startTiny({ hostBytes: 0 });
      expect(await askFixed(longText(foxes))).toEqual(cold);
      expect(await stateFiles()).toEqual([]);
      await runner?.stop();
    }
  });

  it('does not use a state with other settings', async () => {
    await startTiny();
    await ask(longText(foxes));
    await startTiny({}, { flashAttention: 'off' });
    expect((await ask(longText(foxes))).cached).toBe(0);
    await startTiny();
    expect((await ask(longText(foxes))).cached).toBeGreaterThan(150);
  });

  it('uses a state that was saved with a shorter context, except for deterministic answers', async () => {
    await startTiny({}, { contextLength: 896 });
    const cold = await ask(longText(foxes));
    const fixed = await askFixed(longText(rivers));
    await startTiny();
    expect(await ask(longText(foxes))).toEqual({ ...cold, cached: cold.prompt - 1 });
    expect(await askFixed(longText(rivers))).toEqual(fixed);
  });

  it('keeps a state that is longer than the context, without using it', async () => {
    await startTiny();
    const { prompt } = await ask(longText(foxes));
    await startTiny({}, { contextLength: prompt - 100 });
    expect((await ask(foxes)).cached).toBe(0);
    await startTiny();
    expect((await ask(longText(foxes))).cached).toBe(prompt - 1);
  });

  it('never matches across salts: in the same slot, in another one, in host memory and on disk', async () => {
    await startTiny({ slots: 2 });
    const text = longText(foxes);
    await ask(text, { cacheSalt: 'one' });
    expect((await ask(text, { cacheSalt: 'two' })).cached).toBe(0);
    expect((await ask(text)).cached).toBe(0);
    for (const other of [rivers, clocks]) await ask(longText(other));
    expect((await ask(text, { cacheSalt: 'three' })).cached).toBe(0);
    expect((await ask(text, { cacheSalt: 'one' })).cached).toBeGreaterThan(150);
    await startTiny({ slots: 2 });
    expect((await ask(text, { cacheSalt: 'four' })).cached).toBe(0);
    expect((await ask(text, { cacheSalt: 'two' })).cached).toBeGreaterThan(150);
  });

  it('survives a restart of the server and an unload, as prompt_eval_cached shows', async () => {
    const env = { OLLAMA_KV_CACHE_BUDGET: '64MiB', OLLAMA_KV_CACHE_DIR: join(folder, 'kv') };
    const modelsFolder = join(folder, 'models');
    const request = {
      model: 'tiny',
      prompt: longText(foxes),
      raw: true,
      stream: false,
      verbose_metrics: true,
    };
    const options = { num_predict: 4, temperature: 0, num_ctx: 1024, deterministic: true };
    const answers: Record<string, unknown>[] = [];
    for (const keep_alive of ['5m', 0, 0]) {
      await using server = await startTestServer({ modelsFolder, env });
      if (answers.length === 0) {
        await createModel(server, 'tiny', await randomModelBytes({ contextLength: 1024 }));
      }
      const reply = await post(server, '/api/generate', { ...request, options, keep_alive });
      answers.push(reply.body as Record<string, unknown>);
      await server.stop();
    }
    const [cold, restarted, unloaded] = answers;
    const prompt = cold?.prompt_eval_count as number;
    const cached = prompt - 1 - ((prompt - 1) % CHUNK_TOKENS);
    expect(cold).not.toHaveProperty('prompt_eval_cached');
    expect(restarted).toMatchObject({ prompt_eval_cached: cached, response: cold?.response });
    expect(unloaded).toMatchObject({ prompt_eval_cached: cached, response: cold?.response });
    expect((await stat(join(folder, 'kv'))).mode & 0o777).toBe(0o700);
  });

  it('works without a writable folder', async () => {
    const closed = join(folder, 'closed');
    await writeFile(closed, '');
    const prefixCache = { hostBytes: MIB, diskBytes: MIB, folder: join(closed, 'inside'), modelDigest };
    await startTiny({}, { prefixCache });
    expect((await ask('Hello', { maxTokens: 3 })).prompt).toBe(5);
  });
});
