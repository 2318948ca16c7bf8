// One measurement of `npm run bench:windows`, on Linux or Windows: loads SmolLM2 with one thread and writes what a token cost.
// Usage: library-speed.mjs MODEL FOLDER-OF-LIBRARIES TOKENS RESULT-FILE
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { Engine, observeNativeCalls, usualRequest } from './engine-in-process.mjs';

const [model, libraryFolder, tokens, result] = process.argv.slice(2);
const STORY = 'Once upon a time, in a small village by the sea, there lived an old fisherman. '.repeat(8);
const calls = { milliseconds: 0 };

observeNativeCalls((name, _, processorMs) => {
  if (name === 'llama_decode' || name === 'llama_synchronize') calls.milliseconds += processorMs;
});

async function complete(engine, text, maxTokens) {
  const prompt = await engine.tokenize(text);
  calls.milliseconds = 0;
  const start = performance.now();
  const { timings } = await engine.complete({ ...usualRequest, maxTokens, prompt });
  return { processorMs: calls.milliseconds, wallMs: performance.now() - start, ...timings };
}

const engine = await Engine.load(model, 1, { threads: 1, libraryFolder });
await complete(engine, 'Hello', 2);
const first = await complete(engine, STORY, 1);
// The prompt is in the KV cache, except its last token.
const rest = await complete(engine, STORY, Number(tokens));
const variant = (await readdir(libraryFolder)).find((file) => file.includes('ggml-cpu-'));
writeFileSync(
  result,
  JSON.stringify({
    promptMs: first.processorMs / (first.promptTokens - first.cachedTokens),
    decodeMs: rest.processorMs / rest.completionTokens,
    wallMs: rest.wallMs / rest.completionTokens,
    variant,
  }),
);
process.exit(0);
