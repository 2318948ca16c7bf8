/** The worker processes of pictures and sound, as the server starts them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import type { ProjectorFacts } from '../../../src/gguf/projector-facts.ts';
import { PreparedMedia } from '../../../src/media/prepared-media.ts';
import { mediaLimits, pooledMediaWork } from '../../../src/media/work/media-work.ts';
import { WorkerPool } from '../../../src/workers/worker-pool.ts';

const program = fileURLToPath(new URL('../../../dist/media/work/main.js', import.meta.url));
const fixture = (path: string) =>
  readFileSync(new URL(`../../fixtures/media/${path}`, import.meta.url)).toString('base64');

const projector: ProjectorFacts = {
  type: 'qwen2a',
  declaredTypes: { audio: 'qwen2a' },
  hasVision: false,
  hasAudio: true,
  audio: {
    type: 'qwen2a',
    melBins: 80,
    width: 8,
    heads: 2,
    blocks: 1,
    feedForward: 8,
    eps: 1e-5,
    activation: 'gelu',
    projectionWidth: 8,
    stackFactor: 0,
  },
  rowWidth: 8,
  tensorBytes: 0,
  tensors: new Map(),
};

let pool: WorkerPool;
let media: PreparedMedia;
beforeAll(() => {
  pool = new WorkerPool({ program, clock: systemClock, logger: silentLogger, limits: mediaLimits });
  media = new PreparedMedia(pooledMediaWork(pool));
});
afterAll(() => pool.close());

const prepare = (path: string, signal?: AbortSignal) =>
  media.prepare({ field: 'images[0]', source: fixture(path) }, projector, { owner: 'somebody', signal });

describe('media workers', () => {
  it.each(['s16.wav', 'stereo.mp3', 's16.flac'])('prepare %s, and keep it', async (name) => {
    const parts = await prepare(`sounds/${name}`);
    const [, piece] = parts;
    expect(parts).toHaveLength(3);
    expect(piece && 'data' in piece && piece.data.length).toBe(3000 * 80 * 4);
    expect(await prepare(`sounds/${name}`)).toBe(parts);
  });

  it('name the field of what they cannot use, and go on', async () => {
    await expect(prepare('pictures/rgb.png')).rejects.toMatchObject({
      code: 'invalid-request',
      status: 400,
      message: '"images[0]": the file holds a picture, and this model takes only sound',
    });
    await expect(prepare('sounds/s8.flac')).resolves.toHaveLength(3);
  });

  it('let a client leave', async () => {
    const leaving = new AbortController();
    const left = prepare('sounds/six.flac', leaving.signal);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'canceled' });
  });
});
