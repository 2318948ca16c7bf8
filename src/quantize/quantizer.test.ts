import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { smallModel } from '../../test/fakes/models/small-gguf.ts';
import type { ProgressResponse } from '../api/common.ts';
import { silentLogger } from '../base/logger.ts';
import { readGgufFile } from '../gguf/parse.ts';
import { BlobStore } from '../store/blob-store.ts';
import { type QuantizeOrder, Quantizer, type QuantizerParts } from './quantizer.ts';
import { parseTargetType } from './target-type.ts';

const program = fileURLToPath(new URL('../../test/fakes/runners/quantize-program.mjs', import.meta.url));
let folder: string;
let blobs: BlobStore;
let pids: number[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quantizer-'));
  blobs = new BlobStore(folder);
  pids = [];
});
afterEach(() => rm(folder, { recursive: true }));

function quantizerOf(parts: Partial<QuantizerParts> = {}): Quantizer {
  const keeper = { add: (pid: number) => void pids.push(pid) };
  return new Quantizer({ program, keeper, freeBytes: async () => 1e9, logger: silentLogger, ...parts });
}

async function orderOf(type: string): Promise<QuantizeOrder> {
  async function* content() {
    yield smallModel();
  }
  const path = blobs.path((await blobs.write(content())).digest);
  const file = await readGgufFile(path);
  return { path, file, sourceType: 'F32', target: parseTargetType(type), blobs };
}

async function run(quantizer: Quantizer, type: string, signal?: AbortSignal): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of quantizer.quantize(await orderOf(type), signal)) statuses.push(status);
  return statuses;
}

describe('a failed quantization leaves only the source, and reports the reason', () => {
  it.each([
    ['Q8_0', /^the model could not be quantized: no$/],
    [
      'Q4_0',
      process.platform === 'win32'
        ? /exited with code 1 \(Task Manager/
        : /killed by SIGKILL, probably because the system ran out of memory: try again$/,
    ],
    ['F16', /^the model could not be quantized: the result is damaged: invalid GGUF file: /],
  ])('%s', async (type, message) => {
    await expect(run(quantizerOf(), type)).rejects.toMatchObject({ code: 'runner-failed', message });
    expect(pids).toHaveLength(1);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('a program that does not start', async () => {
    const quantizer = quantizerOf({ program: '/no/such/program.js' });
    await expect(run(quantizer, 'Q8_0')).rejects.toThrow(/the process exited with code 1\b/);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('a disk without space, before a process is started', async () => {
    const quantizer = quantizerOf({ freeBytes: async () => 100 });
    await expect(run(quantizer, 'Q8_0')).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringContaining('100 B free'),
    });
    expect(pids).toEqual([]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it.each(['F16', 'Q8_0'])('a disk that fills up meanwhile (%s)', async (type) => {
    const free = [1e9, 0];
    const quantizer = quantizerOf({ freeBytes: async () => free.shift() ?? 0 });
    await expect(run(quantizer, type)).rejects.toMatchObject({ code: 'storage-full' });
  });
});

describe('a canceled quantization ends its process', () => {
  const isGone = (pid: number | undefined) => {
    try {
      process.kill(pid ?? 0, 0);
      return false;
    } catch {
      return true;
    }
  };

  const ways: Record<string, (quantizer: Quantizer, controller: AbortController) => void> = {
    'an aborted signal': (_, controller) => controller.abort(),
    'a closing server': (quantizer) => void quantizer.close(),
  };

  /** Returns after the first tensor. */
  async function untilUnderWay(events: AsyncIterator<ProgressResponse, unknown>): Promise<void> {
    for (;;) {
      const { value } = (await events.next()) as { value: ProgressResponse };
      if (value.completed) return;
    }
  }

  it.each(Object.entries(ways))('by %s', async (_, end) => {
    const quantizer = quantizerOf();
    const controller = new AbortController();
    const events = quantizer.quantize(await orderOf('Q4_1'), controller.signal);
    await untilUnderWay(events);
    expect(isGone(pids[0])).toBe(false);
    end(quantizer, controller);
    await expect(events.next()).rejects.toMatchObject({ code: 'canceled' });
    expect(isGone(pids[0])).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('by a closing server, when nobody reads the progress', async () => {
    const quantizer = quantizerOf();
    await untilUnderWay(quantizer.quantize(await orderOf('Q4_1')));
    await quantizer.close();
    expect(isGone(pids[0])).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('by a reader that stops reading', async () => {
    const events = quantizerOf().quantize(await orderOf('Q4_1'));
    await untilUnderWay(events);
    await events.return(undefined as never);
    expect(isGone(pids[0])).toBe(true);
    expect(await readdir(folder)).toHaveLength(1);
  });
});

it('a second quantization reports that it waits, and runs when the first has ended', async () => {
  const quantizer = quantizerOf();
  const controller = new AbortController();
  const first = quantizer.quantize(await orderOf('Q4_1'), controller.signal);
  await first.next();
  const second = quantizer.quantize(await orderOf('Q8_0'));
  expect(await second.next()).toMatchObject({
    value: { status: 'waiting for another quantization to finish' },
  });
  const next = second.next();
  expect(pids).toHaveLength(1);
  controller.abort();
  // The process may have reported a tensor before it was ended.
  const rest = async () => {
    while (!(await first.next()).done);
  };
  await expect(rest()).rejects.toMatchObject({ code: 'canceled' });
  expect(await next).toMatchObject({ value: { status: 'quantizing F32 model to Q8_0' } });
  await expect(second.next()).rejects.toThrow('could not be quantized: no');
  expect(pids).toHaveLength(2);
});
