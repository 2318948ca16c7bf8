// Encodes a picture with the built engine, and prints the rows as base64 of 32-bit floats. A process of its own, because the
// loader of libraries reads its paths when a process starts.
//   node encode-program.mjs LIBRARIES GPU FLASH MMPROJ WIDTH HEIGHT TOKENS PIXELS
import { readFileSync } from 'node:fs';
import { bindGgml } from '../../../dist/engine/graph/ggml.js';
import { GraphProjector } from '../../../dist/engine/media/graph-projector.js';
import { encodersOf, traitsOf } from '../../../dist/engine/media/load-projector.js';
import { loadLibraries } from '../../../dist/engine/native/libraries.js';
import { readGgufFile } from '../../../dist/gguf/parse.js';
import { projectorFacts } from '../../../dist/gguf/projector-facts.js';

const [libraries, gpu, flash, path, ...others] = process.argv.slice(2);
const pixels = others.pop();
const [width, height, tokens] = others.map(Number);
const facts = projectorFacts(await readGgufFile(path, { arrays: 'keep' }));
const projector = await GraphProjector.load(
  bindGgml(loadLibraries(libraries)),
  { path, tensors: facts.tensors },
  encodersOf(facts),
  traitsOf(facts),
  { threads: 1, gpu, flash: flash === 'on', limits: { seconds: 1000, bytes: 96 * 2 ** 20 } },
);
const piece = { kind: 'image', digest: '', width, height, tokens, positions: tokens };
const rows = await projector.encode(piece, new Uint8Array(readFileSync(pixels)), async () => true);
process.stdout.write(Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString('base64'));
projector.free();
