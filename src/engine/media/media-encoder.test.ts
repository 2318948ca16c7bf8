import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDeferred, type Deferred } from '../../base/deferred.ts';
import type { MediaPiece } from '../../protocol/media.ts';
import { MediaEncoder, type MediaNeed } from './media-encoder.ts';
import type { Projector } from './projector.ts';

const ROW_BYTES = 4;

/** A piece whose encoding has so many stages behind the first one. */
function piece(name: string, tokens = 10, stages = 0): MediaPiece {
  const digest = createHash('sha256').update(name).digest('hex');
  return { ...{ kind: 'audio', digest, width: 1, height: 1, tokens, positions: tokens }, place: { stages } };
}
const need = (id: number, wanted: MediaPiece, before = 0): MediaNeed => ({ id, piece: wanted, before });

let log: string[];
let asked: { id: number; digest: string; data: Deferred<Uint8Array> }[];
let failures: Map<string, unknown>;

const projector: Projector = {
  ...{ kinds: ['audio'], rowWidth: 1, isBidirectional: false },
  ...{ mostTokens: 100, weightBytes: 0, bufferBytes: 0 },
  encode: async ({ digest, tokens, place }, data, pause) => {
    log.push(`begin ${digest.slice(0, 2)}`);
    try {
      for (let stage = 0; stage < (place?.stages ?? 0); stage++) log.push(`alone: ${await pause()}`);
      if (data[0] === 1) throw new Error('broken');
      return new Float32Array(data[0] === 2 ? 3 : tokens);
    } finally {
      log.push(`end ${digest.slice(0, 2)}`);
    }
  },
  free: () => undefined,
};

function encoder(cacheBytes = 1000): MediaEncoder {
  return new MediaEncoder({
    projector,
    cacheBytes,
    inbox: {
      request: (id, { digest }) => {
        const data = createDeferred<Uint8Array>();
        asked.push({ id, digest, data });
        return data.promise;
      },
      forget: () => undefined,
    },
    onChange: () => undefined,
    onStage: () => log.push('stage'),
    onFailure: (digest, error) => failures.set(digest, error),
  });
}

/** Answers all questions. @param first byte of the data */
async function answer(first = 0): Promise<void> {
  for (const { data } of asked) data.resolve(Uint8Array.of(first));
  await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  log = [];
  asked = [];
  failures = new Map();
});

describe('MediaEncoder', () => {
  it('asks for the data of the next two pieces, and encodes one stage per turn', async () => {
    const [a, b, c] = [piece('a', 10, 2), piece('b'), piece('c')];
    const media = encoder();
    media.update([need(1, a), need(1, b, 1), need(1, c, 2)]);
    expect(asked.map(({ digest }) => digest)).toEqual([a.digest, b.digest]);
    expect(await media.turn(false)).toBe(false);
    await answer();
    for (let turn = 0; turn < 2; turn++) expect(await media.turn(false)).toBe(true);
    expect(media.has(a.digest)).toBe(false);
    expect(await media.turn(true)).toBe(true);
    expect(media.rows(a.digest)).toHaveLength(10);
    expect(log.filter((line) => line === 'stage')).toHaveLength(3);
    expect(log.filter((line) => line.startsWith('alone'))).toEqual(['alone: false', 'alone: true']);
  });

  it('encodes the next piece of each request before the further ones of any', async () => {
    const [a, b, c] = [piece('a'), piece('b'), piece('c')];
    const media = encoder();
    media.update([need(1, a), need(1, b, 1), need(2, c)]);
    expect(asked.map(({ id, digest }) => [id, digest])).toEqual([
      [1, a.digest],
      [2, c.digest],
    ]);
  });

  it('encodes a piece once for all requests that need it', async () => {
    const media = encoder();
    const shared = piece('a', 10, 1);
    media.update([need(1, shared), need(2, shared)]);
    await answer();
    await media.turn(false);
    // The request in whose name it began has ended.
    media.update([need(2, shared)]);
    await media.turn(false);
    expect(media.has(shared.digest)).toBe(true);
    expect(asked).toHaveLength(1);
    expect(log.filter((line) => line.startsWith('begin'))).toHaveLength(1);
  });

  it('asks again in the name of another request, when the one that was asked has ended', async () => {
    const media = encoder();
    const shared = piece('a');
    media.update([need(1, shared), need(2, shared)]);
    media.update([need(2, shared)]);
    expect(asked.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('ends an encoding that nobody needs any more at the next stage, then takes the next piece', async () => {
    const [endless, next] = [piece('a', 10, 1000), piece('b')];
    const media = encoder();
    media.update([need(1, endless), need(2, next)]);
    await answer();
    await media.turn(false);
    media.update([need(2, next)]);
    await media.turn(false);
    expect(log.at(-2)).toMatch(/^end/);
    expect(failures.size).toBe(0);
    await media.turn(false);
    expect(media.has(next.digest)).toBe(true);
  });

  it('asks again for a piece that is needed again after its encoding was ended', async () => {
    const wanted = piece('a', 10, 5);
    const media = encoder();
    media.update([need(1, wanted)]);
    await answer();
    await media.turn(false);
    media.update([]);
    media.update([need(2, wanted)]);
    await media.turn(false);
    media.update([need(2, wanted)]);
    expect(asked.map(({ id }) => id)).toEqual([1, 2]);
    expect(failures.size).toBe(0);
  });

  it('reports what cannot be encoded, and a wrong number of rows', async () => {
    for (const first of [1, 2]) {
      const media = encoder();
      const broken = piece(`broken ${first}`);
      media.update([need(1, broken)]);
      await answer(first);
      await media.turn(false);
      expect(failures.get(broken.digest)).toBeInstanceOf(Error);
      expect(media.has(broken.digest)).toBe(false);
    }
    expect(String([...failures.values()][1])).toContain('3 rows where 10 were expected');
  });

  it('reports data that cannot be had', async () => {
    const media = encoder();
    media.update([need(1, piece('a'))]);
    asked[0]?.data.reject(new Error('gone'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(failures.size).toBe(1);
  });

  it('keeps rows within its bytes, those that are needed in any case', async () => {
    const [a, b, c] = [piece('a', 10), piece('b', 10), piece('c', 10)];
    const media = encoder(20 * ROW_BYTES);
    for (const wanted of [a, b, c]) {
      media.update([need(1, wanted)]);
      await answer();
      await media.turn(false);
    }
    media.update([]);
    expect([a, b, c].map(({ digest }) => media.has(digest))).toEqual([false, true, true]);
    const large = piece('d', 30);
    media.update([need(1, large)]);
    await answer();
    await media.turn(false);
    media.update([need(1, large)]);
    expect(media.has(large.digest)).toBe(true);
    media.update([]);
    expect(media.has(large.digest)).toBe(false);
  });

  it('encodes ahead only while there is room for the rows', async () => {
    const [a, b] = [piece('a', 10), piece('b', 15)];
    const media = encoder(20 * ROW_BYTES);
    const needs = [need(1, a), need(1, b, 1)];
    media.update(needs);
    await answer();
    await media.turn(false);
    media.update(needs);
    expect(await media.turn(false)).toBe(false);
    media.update([need(1, b)]);
    expect(await media.turn(false)).toBe(true);
  });

  it('ends the encoding in progress and forgets data and excess rows when no request is left', async () => {
    const [large, a, b] = [piece('large', 20), piece('a', 10, 5), piece('b')];
    const media = encoder(15 * ROW_BYTES);
    media.update([need(1, large)]);
    await answer();
    await media.turn(false);
    media.update([need(1, large), need(1, a, 1), need(1, b, 2)]);
    await answer();
    media.update([need(2, a), need(2, b, 1)]);
    await media.turn(false);
    log = [];
    expect([await media.end(), await media.end()]).toEqual([true, false]);
    expect(log).toEqual([`end ${a.digest.slice(0, 2)}`, 'stage']);
    expect(media.has(large.digest)).toBe(false);
    asked = [];
    media.update([need(3, b)]);
    expect(asked).toHaveLength(1);
  });
});
