// Encodes the same pixels with llama.cpp's encoder and with ours, and prints the difference:
//   node scripts/media-compare.mjs MMPROJ PIXELS WIDTH HEIGHT
//   MMPROJ  a GGUF file with a projector of pictures
//   PIXELS  WIDTH x HEIGHT pixels of 3 bytes (RGB), of a size that the model takes as it is
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureMediaOracle } from './media-oracle.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const run = promisify(execFile);
const [mmproj, pixels, width, height] = process.argv.slice(2);
if (height === undefined) throw new Error('usage: node scripts/media-compare.mjs MMPROJ PIXELS WIDTH HEIGHT');
await ensureDependencies();
await ensureBuild();
const { loadLibraries } = await import('../dist/engine/native/libraries.js');
const { createLoadProjector } = await import('../dist/engine/media/load-projector.js');

const folder = await mkdtemp(join(tmpdir(), 'media-compare-'));
try {
  const output = join(folder, 'rows');
  const encoder = await ensureMediaOracle();
  const size = [width, height];
  const { stdout } = await run(encoder, ['encode', mmproj, 'auto', '2', '1', 'rgb', ...size, pixels, output]);
  const { rows: tokens } = JSON.parse(stdout);
  const bytes = await readFile(output);
  const theirs = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const projector = await createLoadProjector(loadLibraries())(mmproj, { threads: 2 });
  const piece = {
    kind: 'image',
    digest: '',
    width: Number(width),
    height: Number(height),
    tokens,
    positions: tokens,
  };
  const ours = await projector.encode(piece, new Uint8Array(await readFile(pixels)), async () => true);
  projector.free();
  let [product, own, other, most] = [0, 0, 0, 0];
  for (const [index, value] of theirs.entries()) {
    product += value * ours[index];
    own += ours[index] ** 2;
    other += value ** 2;
    most = Math.max(most, Math.abs(ours[index] - value));
  }
  const difference = most / Math.sqrt(other / theirs.length);
  process.stdout.write(
    `${tokens} rows of ${theirs.length / tokens}: largest difference ${difference.toFixed(6)}, `,
  );
  process.stdout.write(`cosine ${(product / Math.sqrt(own * other)).toFixed(6)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
