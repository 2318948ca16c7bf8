// `npm run bench:events`: what it costs that somebody watches the engine. One server answers 8 streams in turns: while nobody watches,
// and while one client reads `/api/engine/events`. The figures are medians of the pairs' ratios: tokens per second, and processor time
// of the server and of its child. The second part measures what is done for a step and for a report by itself, which no other program
// on the machine disturbs.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { median } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const ROUNDS = Number(process.argv[2] ?? 20);
const SLOTS = 8;
const TOKENS = 64;
const MILLISECONDS_PER_TICK = 10;

await ensureDependencies();
await ensureBuild();
await comparePairs();
await measureChild();
await measureServer();

async function comparePairs() {
  const folder = await mkdtemp(join(tmpdir(), 'events-cost-'));
  const server = await startWithModel(folder);
  try {
    await streamAll(server);
    const child = await childOf(server.pid);
    const pairs = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Each goes first in turns, so that none always has the machine after a pause.
      const closed = () => measured(server, child);
      const opened = () => watched(server, () => measured(server, child));
      const first = round % 2 === 0 ? await closed() : await opened();
      const second = round % 2 === 0 ? await opened() : await closed();
      pairs.push(round % 2 === 0 ? { closed: first, open: second } : { closed: second, open: first });
    }
    report(pairs);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(pairs) {
  const ratio = (figure) => {
    const ratios = pairs.map(({ closed, open }) => open[figure] / closed[figure]);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => rounded(quantile(ratios, share)));
    return `${middle} x, quartiles ${low} to ${high}`;
  };
  const speed = (way) => rounded(median(pairs.map((pair) => pair[way].speed)));
  const extra = median(
    pairs.map(({ closed, open }) => open.serverMs / open.seconds - closed.serverMs / closed.seconds),
  );
  console.log(
    `${SLOTS} streams, ${ROUNDS} pairs: ${speed('closed')} tokens/s, watched ${speed('open')} tokens/s (${ratio('speed')})`,
  );
  console.log(`processor time of the child per token, watched: ${ratio('childMsPerToken')}`);
  console.log(`processor time of the server, watched: ${rounded(extra)} ms more per second`);
}

async function startWithModel(folder) {
  const server = await startServerProcess({
    env: {
      HOME: folder,
      OLLAMA_MODELS: join(folder, 'models'),
      OLLAMA_NUM_PARALLEL: String(SLOTS),
      OLLAMA_KV_CACHE_BUDGET: '0',
      OLLAMA_KEEP_ALIVE: '-1',
    },
  });
  const bytes = await readFile(await ensureSmolModel());
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
  await answered(server, '/api/create', { model: 'smol', files: { 'model.gguf': digest }, stream: false });
  return server;
}

async function answered({ url }, path, body) {
  const reply = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
  const text = await reply.text();
  if (!reply.ok) throw new Error(text);
  return text;
}

/** @returns number of tokens of all streams together */
async function streamAll(server) {
  const options = { num_predict: TOKENS, temperature: 1, num_ctx: 512 };
  const streams = Array.from({ length: SLOTS }, (_, stream) =>
    answered(server, '/api/generate', { model: 'smol', prompt: `${stream} Once upon a time`, options }),
  );
  const texts = await Promise.all(streams);
  return texts.reduce((sum, text) => sum + JSON.parse(text.trimEnd().split('\n').at(-1)).eval_count, 0);
}

async function measured(server, child) {
  const before = [await processorMs(server.pid), await processorMs(child)];
  const started = performance.now();
  const tokens = await streamAll(server);
  const seconds = (performance.now() - started) / 1000;
  const after = [await processorMs(server.pid), await processorMs(child)];
  return {
    seconds,
    speed: tokens / seconds,
    serverMs: after[0] - before[0],
    childMsPerToken: (after[1] - before[1]) / tokens,
  };
}

/** Runs something while one client reads the events. */
async function watched(server, run) {
  const abort = new AbortController();
  const reply = await fetch(`${server.url}/api/engine/events`, { signal: abort.signal });
  const reading = (async () => {
    for await (const _ of reply.body);
  })().catch(() => undefined);
  try {
    return await run();
  } finally {
    abort.abort();
    await reading;
  }
}

/** Processor time of a process so far, in the program and in the system. */
async function processorMs(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MILLISECONDS_PER_TICK;
}

async function childOf(pid) {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  for (const child of children) {
    if ((await readFile(`/proc/${child}/cmdline`, 'utf8')).includes('engine')) return child;
  }
  throw new Error('the server has no child with a model');
}

/** Records steps and makes reports without a model. */
async function measureChild() {
  const { StepRecords } = await import('../dist/engine/figures/step-records.js');
  const { slotStates } = await import('../dist/engine/batching/slot-states.js');
  const { encodeFrame } = await import('../dist/protocol/frame-codec.js');
  const records = new StepRecords();
  const contextTokens = Array.from({ length: 512 }, (_, index) => index);
  const slots = Array.from({ length: SLOTS }, (_, id) => ({
    ...{ id, tokens: contextTokens, salt: '', origin: 'slot', promptLength: 8 },
  }));
  const sequences = slots.map((slot) => ({
    ...{ slot, request: { prompt: [1], run: slot.id + 1 }, cachedTokens: 0 },
    ...{ sampledTokens: 1, accepted: 0, isDecoding: true, isAhead: false },
  }));
  const entries = sequences.map((sequence) => ({ sequence, tokens: 1 }));
  const before = { sampledTokens: 0, accepted: 0 };
  const step = (at) => {
    records.called({ entries, startedAt: at, milliseconds: 30, tokens: SLOTS });
    for (const sequence of sequences) records.advanced(sequence, before, 0);
  };
  const stepsPerReport = 8;
  const steps = [];
  const reports = [];
  records.switch(true);
  for (let count = 0; count < 20_000; count += 1) {
    const started = performance.now();
    step(count * 30);
    const stepped = performance.now();
    steps.push(stepped - started);
    if (count % stepsPerReport > 0) continue;
    encodeFrame({ type: 'steps', report: { ...records.take(), slots: slotStates(slots, sequences) } });
    reports.push(performance.now() - stepped);
  }
  const microseconds = (times) => rounded(1000 * median(times));
  console.log(
    `recording a step of ${SLOTS} streams: ${microseconds(steps)} µs; a report: ${microseconds(reports)} µs`,
  );
}

/** Passes reports of 8 streams on to one client, without a connection. */
async function measureServer() {
  const { EngineWatch } = await import('../dist/live/engine-watch.js');
  const { LiveRuns } = await import('../dist/live/live-runs.js');
  let now = 0;
  let look;
  const clock = {
    now: () => now,
    date: () => now,
    after: (delay, callback) => {
      if (delay < 250) setImmediate(callback);
      else look = callback;
      return () => undefined;
    },
  };
  const parts = { weights: 1, cache: 1, compute: 1, other: 0 };
  const model = {
    ...{ id: 1, name: 'smol', state: 'ready', contextLength: 512, slots: SLOTS },
    memory: [parts],
  };
  const source = { runners: () => [model], waiting: () => [], devices: () => [], diskBytes: () => 0 };
  const runs = new LiveRuns();
  const watch = new EngineWatch({ runs, clock, source: { ...source, watchSteps: () => undefined } });
  const abort = new AbortController();
  const viewer = { seesAll: true, mayUse: () => true };
  const events = watch.watch(viewer, abort.signal);
  await events.next();
  const slots = Array.from({ length: SLOTS }, (_, slot) => {
    const run = runs.began({ requestId: `request ${slot}`, kind: 'chat', model: 'smol' });
    return { run, tokens: 0, shared: 8, promptTokens: 8 };
  });
  const figures = {
    prefillMs: 0,
    decodeMs: 90,
    prefillTokens: 0,
    decodeTokens: 3,
    draftTaken: 0,
    draftRefused: 0,
  };
  const shares = slots.map(({ run }, slot) => ({ run, slot, ...figures }));
  const groups = [1, 2].map(() => ({ startedAt: now, milliseconds: 90, calls: 3, tokens: 24, shares }));
  const times = [];
  for (let count = 0; count < 4000; count += 1) {
    now += 250;
    for (const slot of slots) slot.tokens += 1;
    const started = performance.now();
    watch.stepped(1, {
      groups,
      prompts: [],
      slots,
      stored: { hostBytes: 0, hostEntries: 0, diskEntries: 0 },
    });
    look();
    JSON.stringify((await events.next()).value);
    times.push(performance.now() - started);
  }
  abort.abort();
  await events.return();
  console.log(`the server's part, four times a second: ${rounded(1000 * median(times))} µs`);
}

function quantile(values, share) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(share * (sorted.length - 1))];
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
