// `npm run bench:engine -- PART`: processor time of single parts of the engine, with one thread, in this process.
//   pages     speed, memory and load with mapped weights and with huge pages, in turn
//   grammars  time per token beside the decode, within grammars and without
//   batches   what a batch costs whose logits are all wanted, in decodes of one token
//   again     a request of one token, a new prompt and the same one again
// The engine's own log goes to standard error. `--model PATH` uses another GGUF file than SmolLM2; `--rounds N` repeats more often (default 3).
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Engine, median, millisecondsSince, observeNativeCalls, usualRequest } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const TOKENS = 128;
const STORY = 'Once upon a time, in a small village by the sea, there lived';
/** Tokens before the batches, and the sizes of the batches. */
const BEFORE = 250;
const BATCHES = [2, 3, 4, 8, 16, 32, 48, 64];
const MIB = 2 ** 20;

const decode = { milliseconds: 0 };

/** The grammars of the table in docs/performance.md, by name; undefined = free text. */
async function grammars() {
  const { schemaGrammar } = await import('../dist/grammar/schema/schema-grammar.js');
  const text = { type: 'string' };
  const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) });
  const choice = { enum: ['red', 'green', 'blue', 'yellow', 'purple', 'orange'] };
  const list = (items) => ({ type: 'array', items, minItems: 10, maxItems: 10 });
  const line = object({ title: text, count: { type: 'integer' }, price: { type: 'number' } });
  return {
    choices: schemaGrammar(list(object({ color: choice, size: { enum: ['small', 'large'] } }))),
    'three fields': schemaGrammar(
      list(object({ name: text, age: { type: 'integer' }, isStudent: { type: 'boolean' } })),
    ),
    invoice: schemaGrammar(object({ number: text, date: { ...text, format: 'date' }, lines: list(line) })),
    json: schemaGrammar({ type: 'object' }),
    'free text': undefined,
  };
}

/** @returns processor time of a completion, of its decodes, and its number of tokens */
async function complete(engine, more) {
  const prompt = await engine.tokenize(more.text ?? `${Math.random()} ${STORY}`);
  decode.milliseconds = 0;
  const usage = process.cpuUsage();
  const { timings } = await engine.complete({ ...usualRequest, maxTokens: TOKENS, ...more, prompt });
  return {
    milliseconds: millisecondsSince(usage),
    decoding: decode.milliseconds,
    tokens: timings.completionTokens,
  };
}

async function measureGrammars({ model, rounds }) {
  const engine = await Engine.load(model, 1, { threads: 1 });
  const all = Object.entries(await grammars());
  // The first grammar reads the vocabulary.
  for (const [, grammar] of all) await complete(engine, { grammar, maxTokens: 16 });
  for (const [name, grammar] of all) {
    const beside = [];
    for (let round = 0; round < rounds; round += 1) {
      const { milliseconds, decoding, tokens } = await complete(engine, { grammar });
      beside.push((milliseconds - decoding) / tokens);
    }
    console.log(`${name}: ${median(beside).toFixed(2)} ms per token beside the decode`);
  }
}

async function measureAgain({ model, rounds }) {
  const engine = await Engine.load(model, 1, { threads: 1 });
  await complete(engine, { maxTokens: 1 });
  const [first, again] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const one = { text: `${Math.random()} ${STORY}`, maxTokens: 1 };
    first.push((await complete(engine, one)).milliseconds);
    again.push((await complete(engine, one)).milliseconds);
  }
  console.log(
    `one token, a new prompt: ${median(first).toFixed(1)} ms; the same again: ${median(again).toFixed(1)} ms`,
  );
}

async function measureBatches({ model, rounds }) {
  const { loadLibraries } = await import('../dist/engine/native/libraries.js');
  const { bindFunctions } = await import('../dist/engine/native/bindings.js');
  const { loadModel } = await import('../dist/engine/loaded-model.js');
  const { Batch } = await import('../dist/engine/batching/batch.js');
  const bindings = bindFunctions(loadLibraries());
  const options = {
    modelPath: model,
    contextLength: 1024,
    slots: 1,
    batchSize: 512,
    threads: 1,
    gpuLayers: 0,
  };
  const more = { useMmap: true, flashAttention: 'auto', kvCacheType: 'f16', draftTokens: 64 };
  const { context, tokenizer } = await loadModel(
    bindings,
    { ...options, ...more },
    { onProgress: () => undefined },
  );
  const memory = bindings.memory(context);
  const batch = new Batch(512);
  const token = () => Math.floor(Math.random() * tokenizer.size);
  const run = (size, from, wantsLogits) => {
    bindings.memoryRemove(memory, 0, from, -1);
    batch.clear();
    for (let index = 0; index < size; index += 1) batch.add(token(), from + index, 0, wantsLogits);
    const usage = process.cpuUsage();
    const code = bindings.decode(context, batch.native);
    if (code !== 0) throw new Error(`llama_decode returned ${code}`);
    return millisecondsSince(usage);
  };
  run(BEFORE, 0, false);
  const costs = new Map([1, ...BATCHES].map((size) => [size, []]));
  for (let round = 0; round < 3 * rounds; round += 1)
    for (const [size, list] of costs) list.push(run(size, BEFORE, true));
  const single = median(costs.get(1));
  const figures = BATCHES.map((size) => `${size}: ${(median(costs.get(size)) / single).toFixed(2)}`);
  console.log(
    `a decode of one token takes ${single.toFixed(1)} ms; batches in such decodes: ${figures.join(', ')}`,
  );
}

/** Each measurement is a process of its own, because the huge pages are asked for when a process starts. */
async function measurePages({ model, rounds }) {
  const { withHugePages } = await import('../dist/runner/huge-pages.js');
  const found = { mapped: [], 'huge pages': [] };
  for (let round = 0; round < rounds; round += 1) {
    found.mapped.push(await measureIn(process.env, ['one-page-size', '--model', model]));
    found['huge pages'].push(
      await measureIn(withHugePages(process.env), ['one-page-size', '--model', model, '--huge']),
    );
  }
  for (const [name, results] of Object.entries(found)) {
    const of = (key) => median(results.map((result) => result[key]));
    const speed = `${of('tokensPerSecond').toFixed(1)} tokens per processor second`;
    console.log(`${name}: ${speed}, ${Math.round(of('mebibytes'))} MiB, load ${Math.round(of('loadMs'))} ms`);
  }
}

function measureIn(env, args) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'ignore'];
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], { env, stdio });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(JSON.parse(output))
        : reject(new Error(`the measurement ended with exit code ${code}`)),
    );
  });
}

async function measureOnePageSize({ model, huge }) {
  const usage = process.cpuUsage();
  const engine = await Engine.load(model, 1, { threads: 1, useMmap: !huge, hugePages: huge });
  const loadMs = millisecondsSince(usage);
  await complete(engine, { maxTokens: 8 });
  const { decoding, tokens } = await complete(engine, {});
  const mebibytes = process.memoryUsage().rss / MIB;
  console.log(JSON.stringify({ tokensPerSecond: (1000 * tokens) / decoding, mebibytes, loadMs }));
}

const parts = {
  pages: measurePages,
  grammars: measureGrammars,
  batches: measureBatches,
  again: measureAgain,
  'one-page-size': measureOnePageSize,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    huge: { type: 'boolean', default: false },
  },
});
const part = parts[positionals[0]];
if (!part) {
  console.error('bench:engine: name one of pages, grammars, batches and again');
  process.exit(1);
}
await ensureDependencies();
await ensureBuild();
observeNativeCalls((name, _, processorMs) => {
  if (name === 'llama_decode' || name === 'llama_synchronize') decode.milliseconds += processorMs;
});
const model = values.model ?? (await ensureSmolModel());
await part({ model, rounds: Number(values.rounds), huge: values.huge });
process.exit(0);
