/** Quantizing weights with llama.cpp's quantizer while a model is created. */
import { readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SizedModelOptions, writeSizedModel } from '../../fakes/models/sized-model.ts';
import { childrenOf } from '../../fakes/processes.ts';
import { startTestServer, type TestServer } from '../support/server-process.ts';
import {
  createModel,
  linesOf,
  patience,
  post,
  randomModelBytes,
  send,
  upload,
} from '../support/server-requests.ts';

let server: TestServer;
let weights: Uint8Array;

beforeAll(async () => {
  server = await startTestServer();
  // Rows of 256 elements, because the K types have blocks of 256.
  weights = await randomModelBytes({ embedding: 256, layers: 2 });
  await createModel(server, 'base', weights);
});
afterAll(() => server[Symbol.asyncDispose]());

const blobFiles = async () => (await readdir(join(server.modelsFolder, 'blobs'))).sort();

async function quantizersOf(): Promise<number[]> {
  const children = await childrenOf(server.pid);
  const commands = await Promise.all(
    children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return children.filter((_, index) => commands[index]?.includes('quantize-main'));
}

async function createSized(model: string, options: SizedModelOptions): Promise<void> {
  const path = join(server.modelsFolder, `${model}.gguf`);
  await writeSizedModel(path, { type: 'F16', ...options });
  await createModel(server, model, path);
}

interface Shown {
  readonly details: { readonly quantization_level: string };
}

async function levelOf(model: string): Promise<string> {
  return ((await post(server, '/api/show', { model })).body as Shown).details.quantization_level;
}

async function sizeOf(name: string): Promise<number | undefined> {
  const tags = (await (await fetch(`${server.url}/api/tags`)).json()) as {
    models: { name: string; size: number }[];
  };
  return tags.models.find((model) => model.name === `${name}:latest`)?.size;
}

async function create(fields: Record<string, unknown>): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for await (const line of linesOf(await send(server, 'POST', '/api/create', fields))) lines.push(line);
  return lines;
}

async function expectAnswer(model: string): Promise<void> {
  const options = { num_predict: 4, temperature: 0, ignore_eos: true };
  const request = { model, prompt: 'the and', raw: true, stream: false, options };
  expect(await post(server, '/api/generate', request)).toMatchObject({
    status: 200,
    body: { eval_count: 4 },
  });
}

describe('quantize', () => {
  it('of uploaded weights reports progress, creates a smaller model that answers, and removes the source', async () => {
    const other = await randomModelBytes({ embedding: 256, layers: 2, seed: 7 });
    const digest = await upload(server, other);
    const lines = await create({ model: 'small', files: { 'model.gguf': digest }, quantize: 'q4_k_m' });
    const progress = lines.filter(({ status }) => status === 'quantizing F32 model to Q4_K_M');
    expect(progress.length).toBeGreaterThan(2);
    for (const line of progress)
      expect(line).toMatchObject({ digest: '0000000000000000000', total: other.length });
    const completed = progress.map((line) => Number(line.completed));
    expect(completed).toEqual([...completed].sort((left, right) => left - right));
    expect(completed.at(-1)).toBe(other.length);
    expect(lines.map(({ status }) => status)).toContain('verifying conversion');
    expect(lines.at(-1)).toEqual({ status: 'success' });

    expect(await levelOf('small')).toBe('Q4_K_M');
    expect(await sizeOf('small')).toBeLessThan(other.length * 0.25);
    expect(await blobFiles()).not.toContain(digest.replace(':', '-'));
    await expectAnswer('small');
  });

  it('of another model leaves that model unchanged', async () => {
    await create({ model: 'eight', from: 'base', quantization: 'Q8_0', system: 'Be brief.' });
    expect(await levelOf('eight')).toBe('Q8_0');
    expect(await levelOf('base')).toBe('F32');
    await expectAnswer('eight');
    await expectAnswer('base');
  });

  it('to the type that the weights already have changes nothing', async () => {
    const lines = await create({ model: 'same', from: 'base', quantize: 'f32' });
    expect(lines.filter(({ status }) => /quantizing/.test(String(status)))).toEqual([]);
    expect(lines.at(-1)).toEqual({ status: 'success' });
    expect(await levelOf('same')).toBe('F32');
  });

  it.each(
    'F16 BF16 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_0 Q4_1 Q4_K_S Q5_0 Q5_1 Q5_K_S Q5_K_M Q6_K IQ3_S IQ3_M IQ4_XS IQ4_NL'.split(
      ' ',
    ),
  )('to %s gives a model that answers', async (type) => {
    const lines = await create({ model: 'typed', from: 'base', quantize: type });
    expect(lines.at(-1)).toEqual({ status: 'success' });
    expect(await levelOf('typed')).toBe(type);
    await expectAnswer('typed');
  });

  it('keeps the small and sensitive tensors of an architecture in a larger type', async () => {
    await createSized('latent', { architecture: 'deepseek2' });
    const lines = await create({ model: 'latent-4', from: 'latent', quantize: 'Q4_K_M' });
    expect(lines.at(-1)).toEqual({ status: 'success' });
    const { tensors } = (await post(server, '/api/show', { model: 'latent-4' })).body as {
      tensors: { name: string; type: string }[];
    };
    const typeOf = (name: string) => tensors.find((tensor) => tensor.name === name)?.type;
    for (const name of ['attn_k_b', 'attn_q_b', 'attn_kv_a_mqa'])
      expect(typeOf(`blk.1.${name}.weight`)).toBe('Q8_0');
    expect(typeOf('blk.1.ffn_up_shexp.weight')).toBe('Q4_K');
  });

  it('to MXFP4 works for models with experts', async () => {
    await createSized('experts', { architecture: 'qwen3moe' });
    const lines = await create({ model: 'experts-4', from: 'experts', quantize: 'mxfp4' });
    expect(lines.at(-1)).toEqual({ status: 'success' });
    expect(await levelOf('experts-4')).toBe('MXFP4');
  });
});

describe('quantize is refused', () => {
  it('to an unknown type, before anything else is done', async () => {
    expect(await post(server, '/api/create', { model: 'x', from: 'base', quantize: 'q9' })).toEqual({
      status: 400,
      body: {
        error: expect.stringMatching(/^unsupported quantization type Q9 - supported types are F32, F16/),
      },
    });
  });

  it('for weights that are quantized already, and to MXFP4 for models without experts', async () => {
    const request = { model: 'x', from: 'eight', quantize: 'q4_k_m', stream: false };
    expect(await post(server, '/api/create', request)).toEqual({
      status: 400,
      body: { error: 'quantization is only supported for F16, BF16 and F32 models; this model is Q8_0' },
    });
    expect(await post(server, '/api/create', { ...request, from: 'base', quantize: 'mxfp4' })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('models with experts') },
    });
  });

  it('for a file with a tensor beyond its end (CVE-2026-7482)', async () => {
    const digest = await upload(server, weights.subarray(0, weights.length - 4096));
    const files = { 'model.gguf': digest };
    expect(await post(server, '/api/create', { model: 'x', files, quantize: 'q8_0', stream: false })).toEqual(
      {
        status: 400,
        body: { error: expect.stringMatching(/^invalid GGUF file: tensor .* past the end of the file/) },
      },
    );
  });

  it('for a stored model whose file was truncated afterwards (CVE-2026-7482)', async () => {
    const bytes = await randomModelBytes({ embedding: 256, layers: 1, seed: 9 });
    const digest = await upload(server, bytes);
    await createModel(server, 'cut', bytes);
    await truncate(join(server.modelsFolder, 'blobs', digest.replace(':', '-')), bytes.length - 100_000);
    const { status, body } = await post(server, '/api/create', {
      model: 'x',
      from: 'cut',
      quantize: 'q8_0',
      stream: false,
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toEqual({ error: expect.stringMatching(/past the end of the file/) });
  });
});

describe('quantizing that ends early leaves nothing behind', () => {
  /** Slow enough to be interrupted in the middle. */
  const slow = { model: 'slow', from: 'large', quantize: 'IQ3_S' };
  let before: string[];

  beforeAll(async () => {
    await createModel(server, 'large', await randomModelBytes({ embedding: 512, layers: 6 }));
    before = await blobFiles();
  });

  async function untilUnderWay(lines: AsyncIterator<Record<string, unknown>>): Promise<void> {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('the quantizer finished too soon');
      if (Number(value.completed) > 0) return;
    }
  }

  it('when the client disconnects', async () => {
    const controller = new AbortController();
    const response = await send(server, 'POST', '/api/create', slow, { signal: controller.signal });
    await untilUnderWay(linesOf(response));
    expect(await quantizersOf()).toHaveLength(1);
    controller.abort();
    await expect.poll(quantizersOf, patience).toEqual([]);
    await expect.poll(blobFiles, patience).toEqual(before);
    expect((await post(server, '/api/show', { model: 'slow' })).status).toBe(404);
  });

  it('when the client of a waiting request disconnects, or that of the running one', async () => {
    const first = new AbortController();
    const response = await send(server, 'POST', '/api/create', slow, { signal: first.signal });
    await untilUnderWay(linesOf(response));
    const request = { model: 'waiting', from: 'base', quantize: 'Q6_K' };
    const leaving = new AbortController();
    const left = await send(server, 'POST', '/api/create', request, { signal: leaving.signal });
    const staying = linesOf(await send(server, 'POST', '/api/create', request));
    const waiting = { status: 'waiting for another quantization to finish' };
    expect(await linesOf(left).next()).toMatchObject({ value: waiting });
    expect(await staying.next()).toMatchObject({ value: waiting });
    leaving.abort();
    first.abort();
    const rest: Record<string, unknown>[] = [];
    for await (const line of staying) rest.push(line);
    expect(rest.at(-1)).toEqual({ status: 'success' });
    await send(server, 'DELETE', '/api/delete', { model: 'waiting' });
    await expect.poll(blobFiles, patience).toEqual(before);
  });

  it('when the process is killed: the error is clear, and the server continues', async () => {
    const response = await send(server, 'POST', '/api/create', slow);
    const lines = linesOf(response);
    await untilUnderWay(lines);
    for (const pid of await quantizersOf()) process.kill(pid, 'SIGKILL');
    const rest: Record<string, unknown>[] = [];
    for await (const line of lines) rest.push(line);
    expect(rest.at(-1)).toEqual({
      error:
        'the model could not be quantized: the process was killed by SIGKILL, probably because the system ran out of memory: try again',
    });
    await expect.poll(blobFiles, patience).toEqual(before);
    const lastly = await create({ model: 'after', from: 'base', quantize: 'Q8_0' });
    expect(lastly.at(-1)).toEqual({ status: 'success' });
  });
});

it('stopping the server leaves nothing of it behind', async () => {
  const other = await startTestServer();
  const blobs = async () => (await readdir(join(other.modelsFolder, 'blobs'))).sort();
  try {
    await createModel(other, 'large', await randomModelBytes({ embedding: 512, layers: 6 }));
    const before = await blobs();
    const response = await send(other, 'POST', '/api/create', {
      model: 'x',
      from: 'large',
      quantize: 'IQ3_S',
    });
    const rest = linesOf(response);
    await rest.next();
    expect(await blobs()).not.toEqual(before);
    await other.stop();
    expect(await blobs()).toEqual(before);
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

it('killing the server ends its quantizer', async () => {
  const other = await startTestServer();
  try {
    await createModel(other, 'large', await randomModelBytes({ embedding: 512, layers: 6 }));
    const response = await send(other, 'POST', '/api/create', {
      model: 'x',
      from: 'large',
      quantize: 'IQ3_S',
    });
    const lines = linesOf(response);
    for (;;) {
      const { value } = await lines.next();
      if (Number(value?.completed) > 0) break;
    }
    const children = await childrenOf(other.pid);
    expect(children).toHaveLength(1);
    process.kill(other.pid, 'SIGKILL');
    await lines.return(undefined).catch(() => undefined);
    const running = async () => {
      const states = await Promise.all(
        children.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
      );
      return states.filter((text) => text !== '' && !text.includes(') Z ')).length;
    };
    await expect.poll(running, patience).toBe(0);
  } finally {
    await other[Symbol.asyncDispose]();
  }
});
