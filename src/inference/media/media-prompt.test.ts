import { describe, expect, it } from 'vitest';
import type { PreparedPart } from '../../protocol/media.ts';
import { tokenizeMarked } from './media-prompt.ts';
import type { Medium } from './medium.ts';
import { RequestMedia } from './request-media.ts';

const ROWS = 4;
const digest = (data: string) => data.padEnd(64, '0');
const medium = (data: string): Medium => ({ data, kind: 'image', place: `images[${data}]` });

function parts(data: string): PreparedPart[] {
  const piece = { kind: 'image', width: 1, height: 1, tokens: ROWS, positions: ROWS } as const;
  return [
    { text: '<' },
    { piece: { ...piece, digest: digest(data) }, data: new Uint8Array(3) },
    { text: '>' },
  ];
}

/** @returns what became of the prompt, and in which order its media were prepared */
async function tokenize(text: string, names: readonly string[], mostRows = 100) {
  const log: string[] = [];
  const prepared = new RequestMedia(async ({ data }) => {
    log.push(`begin ${data}`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`end ${data}`);
    if (data === 'bad') throw new Error('bad');
    return parts(data);
  });
  const runner = { tokenize: async (part: string) => [...Buffer.from(part)] };
  const outcome = tokenizeMarked(runner, { text, media: names.map(medium), mostRows }, prepared);
  return { outcome, log };
}

describe('tokenizeMarked', () => {
  it('puts the pieces where their marks are', async () => {
    const { outcome } = await tokenize('a[img-1]b[img-0]', ['x', 'y']);
    const found = await outcome;
    if ('rows' in found) throw new Error('too many rows');
    expect(found.spans.map((span) => [span.digest, span.start])).toEqual([
      [digest('y'), 2],
      [digest('x'), 9],
    ]);
    expect(found.tokens.filter((token) => token >= 0)).toEqual([...Buffer.from('a<>b<>')]);
  });

  it('gives pieces another digest under each salt, by which their bytes are still found', async () => {
    const digests = await Promise.all(
      [undefined, 'a', 'b'].map(async (salt) => {
        const prepared = new RequestMedia(async ({ data }) => parts(data), salt);
        const [, placed] = await prepared.partsOf(medium('x'));
        const found = placed && 'piece' in placed ? placed.piece.digest : '';
        expect(await prepared.dataOf(found)).toHaveLength(3);
        return found;
      }),
    );
    expect(digests[0]).toBe(digest('x'));
    expect(digests[1]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(digests).size).toBe(3);
  });

  it('prepares one medium after the other, each of them once', async () => {
    const { outcome, log } = await tokenize('[img-0][img-1][img-2]', ['x', 'y', 'x']);
    await outcome;
    expect(log).toEqual(['begin x', 'end x', 'begin y', 'end y']);
  });

  it('prepares none behind one that cannot be read', async () => {
    const { outcome, log } = await tokenize('[img-0][img-1]', ['bad', 'x']);
    await expect(outcome).rejects.toThrow('bad');
    expect(log).not.toContain('begin x');
  });

  it('prepares none behind those that fill the context', async () => {
    const { outcome, log } = await tokenize('[img-0][img-1][img-2][img-3]', ['w', 'x', 'y', 'z'], 2 * ROWS);
    expect(await outcome).toEqual({ rows: 3 * ROWS });
    expect(log).not.toContain('begin z');
  });

  it('names a medium that no mark stands for', async () => {
    const { outcome } = await tokenize('[img-0][img-7]', ['x', 'y']);
    await expect(outcome).rejects.toThrow('images[y] has no place in the prompt');
  });
});
