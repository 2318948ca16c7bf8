// `npm run bench:loop`: measures the cost of our own code in the batch loop, compared with the library's. It runs the
// engine in this process and times every native call; the rest of a step is JavaScript. It also samples the heap
// allocated per token.
import { Session } from 'node:inspector/promises';
import { performance } from 'node:perf_hooks';
import { Engine, median, observeNativeCalls, usualRequest } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const ROUNDS = 5;
const TOKENS = 64;
const KIB = 1024;

const native = { milliseconds: 0, calls: 0 };

async function completeTogether(engine, streams, sentences, maxTokens = TOKENS) {
  const prompts = [];
  for (let stream = 0; stream < streams; stream += 1) {
    const number = 1000 + Math.floor(Math.random() * 9000);
    const text = `${number} ${'The quick brown fox jumps over the lazy dog. '.repeat(sentences)}Once upon`;
    prompts.push(await engine.tokenize(text));
  }
  return Promise.all(prompts.map((prompt) => engine.complete({ ...usualRequest, maxTokens, prompt })));
}

/** @returns the share of JavaScript in the total time (0 to 1), and native calls per token */
async function measureShare(engine, streams) {
  const shares = [];
  let calls = 0;
  let tokens = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    native.milliseconds = 0;
    native.calls = 0;
    const start = performance.now();
    const results = await completeTogether(engine, streams, 2);
    shares.push(1 - native.milliseconds / (performance.now() - start));
    calls += native.calls;
    tokens += results.reduce((sum, { timings }) => sum + timings.completionTokens, 0);
  }
  return { share: median(shares), callsPerToken: calls / tokens };
}

/** @returns bytes of JavaScript heap that a completion allocates, and its number of tokens */
async function sampleAllocation(engine, sentences, maxTokens) {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: KIB,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  const [result] = await completeTogether(engine, 1, sentences, maxTokens);
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  const sizeOf = ({ selfSize, children }) => children.reduce((sum, child) => sum + sizeOf(child), selfSize);
  return { bytes: sizeOf(profile.head), tokens: result.timings.completionTokens };
}

/** Bytes per token, from the difference between a longer and a shorter completion, which excludes the prompt. */
async function measureAllocation(engine, sentences) {
  const values = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const short = await sampleAllocation(engine, sentences, TOKENS);
    const long = await sampleAllocation(engine, sentences, 3 * TOKENS);
    if (long.tokens > short.tokens) values.push((long.bytes - short.bytes) / (long.tokens - short.tokens));
  }
  return median(values);
}

await ensureDependencies();
await ensureBuild();
observeNativeCalls((_, wallMs) => {
  native.milliseconds += wallMs;
  native.calls += 1;
});
const model = await ensureSmolModel();
const engine = await Engine.load(model, 8);
await completeTogether(engine, 8, 2);
for (const streams of [1, 4, 8]) {
  const { share, callsPerToken } = await measureShare(engine, streams);
  console.log(
    `${streams} streams: ${(share * 100).toFixed(1)} % JavaScript, ${callsPerToken.toFixed(1)} native calls per token`,
  );
}
for (const sentences of [2, 60, 180]) {
  const bytes = await measureAllocation(engine, sentences);
  console.log(
    `prompt of ${sentences * 10} tokens: ${(bytes / KIB).toFixed(1)} KiB allocated per generated token`,
  );
}
process.exit(0);
