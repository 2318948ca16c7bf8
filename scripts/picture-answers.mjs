// `npm run bench:pictures`: what a question about a picture takes through the whole server, and what it does to others. The text
// model is SmolLM2; the encoder has random weights, so that the answers mean nothing.
//   npm run bench:pictures -- [--size 448] [--blocks 8] [--width 576] [--rounds 5]

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureSmolModel } from './model-cache.mjs';
import { randomEncoder } from './random-encoder.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies, program } from './setup.mjs';

/** Width of SmolLM2. */
const ROW_WIDTH = 576;
/** Long enough for a stream to run throughout an encoding. */
const STREAM_TOKENS = 1500;
/** An encoding is under way by then, and not finished. */
const CANCEL_AFTER_MS = 300;

await ensureDependencies();
await ensureBuild();
const { values: settings } = parseArgs({
  options: Object.fromEntries(
    Object.entries({ size: '448', blocks: '8', width: '576', rounds: '5' }).map(([name, value]) => [
      name,
      { type: 'string', default: value },
    ]),
  ),
});
const [size, blocks, width, rounds] = ['size', 'blocks', 'width', 'rounds'].map((name) =>
  Number(settings[name]),
);
const { writeGguf, listOf } = await import('../dist/gguf/writer.js');

const folder = await mkdtemp(join(tmpdir(), 'picture-answers-'));
const env = { HOME: folder, OLLAMA_MODELS: join(folder, 'models'), OLLAMA_NUM_PARALLEL: '4' };
const server = await startServerProcess({ env });
try {
  const encoder = join(folder, 'mmproj.gguf');
  await writeGguf(
    encoder,
    randomEncoder(listOf, { type: 'gemma3', size, blocks, width, rowWidth: ROW_WIDTH }),
  );
  const modelfile = join(folder, 'Modelfile');
  await writeFile(modelfile, `FROM ${await ensureSmolModel()}\nFROM ${encoder}\n`);
  runOllama(['create', 'seeing', '-f', modelfile]);
  await ask('hello', []);
  const results = [];
  for (let round = 0; round < rounds; round++) results.push(await measure(round * 10));
  print(`${size} px, ${blocks} blocks of ${width}, ${rounds} rounds, medians`);
  for (const name of Object.keys(results[0]))
    print(`${name}: ${median(results.map((one) => one[name])).toFixed(3)}`);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns figures by their names */
async function measure(seed) {
  const first = (await ask('What is in it?', [picture(seed)])).firstAfter;
  const second = (await ask('Who is there?', [picture(seed)])).firstAfter;
  const stream = ask('Tell a long story.', [], { num_predict: STREAM_TOKENS });
  await sleep(500);
  const from = performance.now();
  await ask('What is in it?', [picture(seed + 1)]);
  const until = performance.now();
  const { times } = await stream;
  const during = times.filter((time) => time >= from && time <= until);
  const gaps = during.slice(1).map((time, index) => (time - during[index]) / 1000);
  return {
    'first token of the first question, s': first,
    'first token of a second question about the same picture, s': second,
    'the second in parts of the first': second / first,
    'worst gap of a stream while a picture is encoded, s': Math.max(0, ...gaps),
    'first token of a text after a picture was canceled in the middle, s': await afterCancel(seed + 2),
  };
}

async function afterCancel(seed) {
  const controller = new AbortController();
  const left = ask('What is in it?', [picture(seed)], {}, controller.signal).catch(() => undefined);
  await sleep(CANCEL_AFTER_MS);
  controller.abort();
  await left;
  return (await ask(`Count to ${seed}.`, [])).firstAfter;
}

/** @returns {firstAfter, times}: seconds to the first text, and when each text came */
async function ask(prompt, images, options = {}, signal = undefined) {
  const start = performance.now();
  const body = {
    ...{ model: 'seeing', prompt, images, raw: true },
    options: { num_predict: 4, temperature: 0, num_ctx: 2048, ...options },
  };
  const reply = await fetch(`${server.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify(body),
    signal,
  });
  if (!reply.ok) throw new Error(await reply.text());
  const times = [];
  for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
    if (/"response":"[^"]/.test(chunk)) times.push(performance.now());
  }
  return { firstAfter: ((times[0] ?? performance.now()) - start) / 1000, times };
}

/** Noise as a BMP file in base64: another one for each seed. */
function picture(seed) {
  const bytes = Buffer.alloc(54 + size * size * 3);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(size, 18);
  bytes.writeInt32LE(size, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let at = 54; at < bytes.length; at++) bytes[at] = (at * (seed + 3) * 2654435761) >>> 24;
  return bytes.toString('base64');
}

function runOllama(words) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
    env: { ...process.env, ...env, OLLAMA_HOST: server.host },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

function median(numbers) {
  return [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)];
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
