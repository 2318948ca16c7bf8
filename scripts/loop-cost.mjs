// `npm run bench:loop`: measures the cost of our own code in the batch loop, compared with the library's. It runs the
// engine in this process and times every native call; the rest of a step is JavaScript. It also samples the heap
// allocated per token.
import { Session } from 'node:inspector/promises';
import { performance } from 'node:perf_hooks';
import koffi from 'koffi';
import { ensureSmolModel } from './model-cache.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const CONTEXT_LENGTH = 2048;
const ROUNDS = 5;
const TOKENS = 64;
const KIB = 1024;

const native = { milliseconds: 0, calls: 0 };

/** Wraps every native function that the engine binds after this call. */
function timeNativeCalls() {
  const load = koffi.load;
  koffi.load = (...args) => {
    const library = load(...args);
    return new Proxy(library, {
      get(target, key) {
        if (key !== 'func') return Reflect.get(target, key).bind?.(target) ?? Reflect.get(target, key);
        return (...prototype) => timed(target.func(...prototype));
      },
    });
  };
}

function timed(callable) {
  const wrapped = (...args) => {
    const start = performance.now();
    try {
      return callable(...args);
    } finally {
      native.milliseconds += performance.now() - start;
      native.calls += 1;
    }
  };
  wrapped.async = (...args) => {
    const start = performance.now();
    const done = args.pop();
    callable.async(...args, (error, result) => {
      native.milliseconds += performance.now() - start;
      native.calls += 1;
      done(error, result);
    });
  };
  return wrapped;
}

/** The engine with its frames delivered directly in this process, without a pipe. */
class Engine {
  #server;
  #nextId = 1;
  #answers = new Map();

  static async load(modelPath, slots) {
    const { ModelServer } = await import('../dist/engine/model-server.js');
    const { FrameSender } = await import('../dist/engine/frame-sender.js');
    const { FrameDecoder } = await import('../dist/protocol/frame-codec.js');
    const engine = new Engine();
    const decoder = new FrameDecoder();
    const pipe = {
      write(bytes) {
        for (const frame of decoder.push(bytes)) engine.#receive(frame);
      },
    };
    engine.#server = new ModelServer(new FrameSender(pipe));
    const options = {
      modelPath,
      contextLength: CONTEXT_LENGTH,
      slots,
      batchSize: 512,
      threads: 0,
      gpuLayers: 0,
      useMmap: true,
      flashAttention: 'auto',
      kvCacheType: 'f16',
    };
    await engine.#ask(0, { type: 'load', options, loadedMarker: '' });
    return engine;
  }

  tokenize(text) {
    const id = this.#nextId++;
    return this.#ask(id, { type: 'tokenize', id, text, addSpecial: true, parseSpecial: true });
  }

  complete(request) {
    const id = this.#nextId++;
    return this.#ask(id, { type: 'complete', id, request });
  }

  #ask(id, frame) {
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#server.handle(frame);
    });
  }

  #receive(frame) {
    const answer = this.#answers.get(frame.id ?? 0);
    if (frame.type === 'load-failed' || frame.type === 'failed') answer?.reject(new Error(frame.message));
    else if (frame.type === 'ready') answer?.resolve(frame.facts);
    else if (frame.type === 'tokens') answer?.resolve(frame.tokens);
    else if (frame.type === 'event' && frame.event.type === 'done') answer?.resolve(frame.event);
  }
}

const sampling = { temperature: 0.8, topK: 40, topP: 0.9, minP: 0, typicalP: 1, repeatPenalty: 1 };
const noPenalties = { repeatLastN: 64, presencePenalty: 0, frequencyPenalty: 0, seed: 1 };

async function completeTogether(engine, streams, sentences, maxTokens = TOKENS) {
  const prompts = [];
  for (let stream = 0; stream < streams; stream += 1) {
    const number = 1000 + Math.floor(Math.random() * 9000);
    const text = `${number} ${'The quick brown fox jumps over the lazy dog. '.repeat(sentences)}Once upon`;
    prompts.push(await engine.tokenize(text));
  }
  const request = { sampling: { ...sampling, ...noPenalties }, stop: [], keep: 4, shift: true };
  const options = { ...request, maxTokens, draftTokens: 0 };
  return Promise.all(prompts.map((prompt) => engine.complete({ ...options, prompt })));
}

const median = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];

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
timeNativeCalls();
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
