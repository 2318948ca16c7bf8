// `npm run bench:media`: encodes pictures with random weights, in turns with libmtmd (scripts/media-oracle.mjs), with the same
// number of threads. Times of the processor are compared, because other programs disturb them less than those of a clock.
//   npm run bench:media -- [--size 448] [--blocks 16] [--width 1152] [--rounds 5] [--threads 1] [--type gemma3]

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ensureMediaOracle } from './media-oracle.mjs';
import { randomEncoder } from './random-encoder.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const run = promisify(execFile);
const ROW_WIDTH = 2560;

await ensureDependencies();
await ensureBuild();
const { values: settings } = parseArgs({
  options: Object.fromEntries(
    Object.entries({
      size: '448',
      blocks: '16',
      width: '1152',
      rounds: '5',
      threads: '1',
      type: 'gemma3',
    }).map(([name, value]) => [name, { type: 'string', default: value }]),
  ),
});
const [size, blocks, width, rounds, threads] = ['size', 'blocks', 'width', 'rounds', 'threads'].map((name) =>
  Number(settings[name]),
);

const { loadLibraries } = await import('../dist/engine/native/libraries.js');
const { bindGgml } = await import('../dist/engine/graph/ggml.js');
const { GraphProjector } = await import('../dist/engine/media/graph-projector.js');
const { encodersOf, traitsOf } = await import('../dist/engine/media/load-projector.js');
const { STAGE_BYTES } = await import('../dist/gguf/projector-memory.js');
const { projectorFacts } = await import('../dist/gguf/projector-facts.js');
const { readGgufFile } = await import('../dist/gguf/parse.js');
const { writeGguf, listOf } = await import('../dist/gguf/writer.js');

const median = (numbers) => [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)];
const print = (text) => process.stdout.write(`${text}\n`);

async function encodeOurs(projector, piece, data, pauses) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const rows = await projector.encode(piece, data, async () => {
    pauses.push(performance.now());
    return true;
  });
  const used = process.cpuUsage(cpu);
  return { rows, wall: performance.now() - start, processor: (used.user + used.system) / 1000 };
}

const folder = await mkdtemp(join(tmpdir(), 'media-speed-'));
try {
  const [mmproj, input, output] = ['mmproj.gguf', 'input', 'output'].map((name) => join(folder, name));
  await writeGguf(
    mmproj,
    randomEncoder(listOf, { type: settings.type, size, blocks, width, rowWidth: ROW_WIDTH }),
  );
  const data = new Uint8Array(randomBytes(size * size * 3));
  await writeFile(input, data);
  const oracle = await ensureMediaOracle();
  const theirs = async (attention) => {
    const given = [threads, 1, 'rgb', size, size].map(String);
    const { stdout } = await run(oracle, ['encode', mmproj, attention, ...given, input, output]);
    const { milliseconds, processorMilliseconds, rows } = JSON.parse(stdout);
    return { tokens: rows, wall: milliseconds[0], processor: processorMilliseconds[0] };
  };
  const facts = projectorFacts(await readGgufFile(mmproj, { arrays: 'keep' }));
  const limits = { seconds: 0.1, aloneSeconds: 0.2, bytes: STAGE_BYTES };
  const ggml = bindGgml(loadLibraries());
  const load = (flash, stageLimits) =>
    GraphProjector.load(ggml, { path: mmproj, tensors: facts.tensors }, encodersOf(facts), traitsOf(facts), {
      threads,
      flash,
      limits: stageLimits,
    });
  const shipped = await load(false, limits);
  const { tokens } = await theirs('auto');
  const piece = { kind: 'image', digest: '', width: size, height: size, tokens, positions: tokens };
  await encodeOurs(shipped, piece, data, []);
  const rates = [];
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const reference = await theirs('auto');
    const ours = await encodeOurs(shipped, piece, data, []);
    results.push({ reference, ours, report: shipped.report });
    rates.push(reference.processor / ours.processor);
  }
  const of = (pick) => median(results.map(pick)).toFixed(0);
  print(
    `${settings.type}, ${size} px, ${blocks} blocks of ${width}, ${threads} thread(s), ${rounds} rounds, medians`,
  );
  print(
    `libmtmd's default: ${of((r) => r.reference.processor)} ms of the processor, ${of((r) => r.reference.wall)} ms`,
  );
  print(
    `ours:              ${of((r) => r.ours.processor)} ms of the processor, ${of((r) => r.ours.wall)} ms`,
  );
  print(`speed, paired:     ${median(rates).toFixed(2)} x`);
  print(
    `stages ${of((r) => r.report.stages)}, the longest ${of((r) => r.report.longestMs)} ms, graphs built in ` +
      `${median(results.map((r) => r.report.buildMs)).toFixed(1)} ms, ` +
      `${of((r) => r.report.bytes / 2 ** 20)} MiB of buffers (predicted at most ${(shipped.bufferBytes / 2 ** 20).toFixed(0)})`,
  );
  const theirRows = new Float32Array((await readFile(output)).buffer.slice(0));
  const { rows } = await encodeOurs(shipped, piece, data, []);
  let [product, own, other] = [0, 0, 0];
  for (const [index, value] of theirRows.entries()) {
    product += value * rows[index];
    own += rows[index] ** 2;
    other += value ** 2;
  }
  print(`cosine to libmtmd's default: ${(product / Math.sqrt(own * other)).toFixed(6)}`);
  shipped.free();
} finally {
  await rm(folder, { recursive: true, force: true });
}
