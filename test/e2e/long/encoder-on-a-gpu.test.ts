/** An encoder of pictures on a GPU, in software (Mesa's llvmpipe through Vulkan), against libmtmd on the CPU. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { skipWithout } from '../../fakes/prerequisites.ts';
import { randomPixels, squares } from '../../oracle/encoder-cases.ts';
import { compare, encodeWithOracle, mediaOracle, ORACLE_BUILD_MS } from '../../oracle/media-oracle.ts';
import { type RandomProjector, u32, writeRandomProjector } from '../../oracle/random-projector.ts';
import { type InstalledGpu, installSoftwareGpu } from '../support/software-gpu.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('../../fakes/runners/encode-program.mjs', import.meta.url));
/** The driver translates its programs first, which takes more than a minute. */
const TIMEOUT_MS = 1_200_000;
/** Of the rows: the kernels of a GPU add in another order, and some keep 16 bits of what they multiply. */
const LEAST_COSINE = 0.9999;
/** Of the root of the mean square, for single values. */
const TOLERANCE = 0.02;

const projector: RandomProjector = {
  ...{ type: 'gemma3', imageSize: 84, patchSize: 14, width: 96, heads: 3, blocks: 3, feedForward: 160 },
  rowWidth: 64,
  keys: { 'vision.projector.scale_factor': u32(2) },
  tensors: { 'mm.input_projection.weight': [64, 96], 'mm.soft_emb_norm.weight': [96] },
};

let home: string;
let gpu: InstalledGpu | string;
let oracle: Awaited<ReturnType<typeof mediaOracle>>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'encoder-gpu-'));
  oracle = await mediaOracle();
  gpu = await installSoftwareGpu(home);
}, ORACLE_BUILD_MS);
afterAll(() => rm(home, { recursive: true, force: true }));

it.for(['off', 'on'] as const)(
  'SigLIP, flash attention %s',
  { timeout: TIMEOUT_MS },
  async (flash, context) => {
    if ('missing' in oracle) return skipWithout(oracle.missing, context);
    if (typeof gpu === 'string')
      return skipWithout("a GPU in software (Debian's Mesa and the Vulkan backend)", context, gpu);
    const [mmproj, pixels] = [join(home, 'mmproj.gguf'), join(home, 'pixels')];
    await writeRandomProjector(mmproj, projector);
    const [picture] = squares(84, 9);
    if (!picture) throw new Error('no picture');
    const data = randomPixels(picture, 0);
    await writeFile(pixels, data);
    const given = [gpu.libraryFolder, 'Vulkan0', flash, mmproj, '84', '84', `${picture.tokens}`, pixels];
    const { stdout } = await run(process.execPath, [program, ...given], {
      env: { ...process.env, ...gpu.environment },
    });
    const bytes = Buffer.from(stdout, 'base64');
    const ours = new Float32Array(Uint8Array.from(bytes).buffer);
    const order = { mmproj, attention: flash, kind: 'rgb', ...picture, data };
    const theirs = await encodeWithOracle(oracle.program, order);
    const difference = compare(ours, theirs.values);
    expect(difference.cosine).toBeGreaterThanOrEqual(LEAST_COSINE);
    expect(difference.most).toBeLessThanOrEqual(TOLERANCE);
  },
);
