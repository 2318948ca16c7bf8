import { webcrypto } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { createDeferred } from '../base/deferred.ts';
import { OllamaError } from '../base/errors.ts';
import type { ProjectorFacts } from '../gguf/projector-facts.ts';
import type { PreparedPart } from '../protocol/media.ts';
import { PreparedMedia } from './prepared-media.ts';
import type { MediaOrder } from './work/media-work.ts';
import type { PrepareInput } from './work/prepare.ts';

const projector: ProjectorFacts = {
  type: 'gemma3',
  declaredTypes: { image: 'gemma3' },
  hasVision: true,
  hasAudio: false,
  rowWidth: 8,
  tensorBytes: 0,
  tensors: new Map(),
};
const order = { owner: 'somebody' };
const partOf = (bytes: number): PreparedPart[] => [{ text: 'x'.repeat(bytes) }];

/** Work that runs until the test ends it. */
class HeldWork {
  readonly inputs: PrepareInput[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly results: ReturnType<typeof createDeferred<PreparedPart[]>>[] = [];

  readonly run = (input: PrepareInput, { signal }: MediaOrder) => {
    this.inputs.push(input);
    this.signals.push(signal);
    const result = createDeferred<PreparedPart[]>();
    this.results.push(result);
    return result.promise;
  };
}

describe('PreparedMedia', () => {
  it('prepares a file once for each layout, each set of limits and each salt', async () => {
    let runs = 0;
    const media = new PreparedMedia(async () => {
      runs += 1;
      return partOf(10);
    });
    const source = { field: 'images[0]', source: 'AAAA' };
    const first = await media.prepare(source, projector, order);
    expect(await media.prepare({ ...source, field: 'images[1]' }, projector, order)).toBe(first);
    expect(runs).toBe(1);
    await media.prepare(source, projector, { ...order, limits: { maxTokens: 9 } });
    await media.prepare(source, { ...projector, rowWidth: 9 }, order);
    await media.prepare({ ...source, source: 'BBBB' }, projector, order);
    expect(runs).toBe(4);
    for (const salt of ['a', 'b', 'a']) await media.prepare(source, projector, { ...order, salt });
    expect(runs).toBe(6);
  });

  it('forgets what was used longest ago when its room is full, and never keeps what is larger', async () => {
    const sources: string[] = [];
    const media = new PreparedMedia(async ({ source }) => {
      sources.push(source);
      return partOf(source === 'LARGE' ? 101 : 40);
    }, 100);
    const get = (source: string) => media.prepare({ field: 'f', source }, projector, order);
    for (const source of ['A', 'B', 'A', 'C', 'A', 'B', 'LARGE', 'LARGE', 'A']) await get(source);
    expect(sources).toEqual(['A', 'B', 'C', 'B', 'LARGE', 'LARGE']);
  });

  it('shares work, and cancels it only when the last one has left', async () => {
    const work = new HeldWork();
    const media = new PreparedMedia(work.run);
    const [first, second] = [new AbortController(), new AbortController()];
    const medium = { field: 'f', source: 'AAAA' };
    const leaving = media.prepare(medium, projector, { ...order, signal: first.signal });
    const staying = media.prepare(medium, projector, { ...order, signal: second.signal });
    await expect.poll(() => work.inputs.length).toBe(1);
    first.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'canceled' });
    expect(work.signals[0]?.aborted).toBe(false);
    work.results[0]?.resolve(partOf(1));
    expect(await staying).toEqual(partOf(1));

    const alone = new AbortController();
    const gone = media.prepare({ ...medium, source: 'BBBB' }, projector, { ...order, signal: alone.signal });
    await expect.poll(() => work.inputs.length).toBe(2);
    alone.abort();
    await expect(gone).rejects.toMatchObject({ code: 'canceled' });
    expect(work.signals[1]?.aborted).toBe(true);
  });

  it('names the field of a file that cannot be used, and tries it again the next time', async () => {
    let runs = 0;
    const media = new PreparedMedia(async () => {
      runs += 1;
      throw new OllamaError('invalid-request', 'the PNG file ends early');
    });
    const get = () => media.prepare({ field: 'messages[1].images[0]', source: 'AAAA' }, projector, order);
    await expect(get()).rejects.toMatchObject({
      code: 'invalid-request',
      message: '"messages[1].images[0]": the PNG file ends early',
    });
    await expect(get()).rejects.toThrow();
    expect(runs).toBe(2);
  });

  it('sends no tensors to the workers', async () => {
    const work = new HeldWork();
    const media = new PreparedMedia(work.run);
    const prepared = media.prepare({ field: 'f', source: 'AAAA' }, projector, order);
    await expect.poll(() => work.inputs.length).toBe(1);
    expect(work.inputs[0]?.projector).not.toHaveProperty('tensors');
    work.results[0]?.resolve([]);
    await prepared;
  });

  it('computes the digest of a medium once', async () => {
    const media = new PreparedMedia(async () => partOf(10));
    const digest = vi.spyOn(webcrypto.subtle, 'digest');
    const medium = { field: 'f', source: 'AAAA' };
    await media.prepare(medium, projector, order);
    await media.prepare(medium, projector, order);
    expect(digest).toHaveBeenCalledOnce();
    digest.mockRestore();
  });
});
