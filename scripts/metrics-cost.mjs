// `npm run bench:metrics`: what a request for /metrics costs the server's process at 64 streams and 10 models, asked 20 times
// a second.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './engine-in-process.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const MODELS = 10;
const STREAMS = 64;
const SCRAPES_PER_SECOND = 20;
/** Tokens per second of each stream, and how long a request lasts. */
const TOKENS_PER_SECOND = 10;
const REQUEST_SECONDS = 4;
const SECONDS = 20;
const SLOTS = 8;

const loaded = {
  state: 'ready',
  contextLength: 4096,
  slots: SLOTS,
  activeRequests: 6,
  predictedBytes: 2 ** 32,
};

const run = {
  ...{ requestId: 'req', kind: 'chat', client: '', priority: 0, loads: [], calls: 0, outcome: 'stop' },
  ...{
    keyId: 'key_1',
    keyName: 'team',
    asked: { maxTokens: 100 },
    loadMs: 0,
    prefillMs: 200,
    decodeMs: 3800,
  },
  times: { started: 0, queued: 1, granted: 5, firstToken: 200, lastToken: 4000, ended: 4001 },
  tokens: { prompt: 300, cached: 200, thinking: 0, output: 40 },
  drafts: { drafted: 0, accepted: 0 },
};

await ensureDependencies();
await ensureBuild();
await measureScrapes();

async function measureScrapes() {
  const { metrics, app } = await createServer();
  const { listen } = await import('../dist/server/serve.js');
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  const stop = feed(metrics);
  await sleep(2000);
  const idle = await processorTime(SECONDS);
  const client = spawn(process.execPath, ['-e', clientProgram(server.url)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const scraped = new Promise((resolve) => {
    let text = '';
    client.stdout.on('data', (data) => {
      text += data;
    });
    client.once('close', () => resolve(JSON.parse(text)));
  });
  await sleep(1000);
  const busy = await processorTime(SECONDS);
  const { bytes, count, seconds } = await scraped;
  const perSecond = count / seconds;
  const pages = await timePages(metrics);
  stop();
  await server.close(0);
  const figures = {
    models: MODELS,
    streams: STREAMS,
    'page, KB': Math.round(bytes / 1024),
    'requests per second': round(perSecond),
    "time of the server's thread for a request, ms": round((busy - idle) / perSecond),
    'of which writing the page, ms': round(pages.mean),
    'slowest page of all, ms': round(pages.worst),
    'page of a single request, ms': round(pages.alone),
    'time of the thread for counting, ms per second': round(idle),
  };
  for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
}

/** The middleware and the route that the server has, with figures that are made up. */
async function createServer() {
  const { Hono } = await import('hono');
  const { Metrics } = await import('../dist/metrics/metrics.js');
  const { metricsRoute } = await import('../dist/server/routes/metrics.js');
  const { requestMetrics } = await import('../dist/server/middleware/request-metrics.js');
  const live = {
    models: () => names().map((name) => ({ ...loaded, name })),
    waiting: () => names().map((name) => ({ name, priority: 0, waitedMs: 1000, reason: 'slot' })),
    memory: () => [{ device: 'system', totalBytes: 2 ** 35, freeBytes: 2 ** 34 }],
    diskBytes: () => 2 ** 30,
    upstreams: () => [],
  };
  const metrics = new Metrics({ version: '0', llamaCpp: false, modelName: (name) => name, live });
  const app = new Hono();
  app.use(requestMetrics(metrics));
  const { path, handlers } = metricsRoute({ metrics });
  app.get(path, handlers.GET);
  return { metrics, app };
}

function names() {
  return Array.from({ length: MODELS }, (_, number) => `model-${number}:latest`);
}

/** Reports and runs as often as the streams would cause them. @returns stops it */
function feed(metrics) {
  const figures = import('../dist/engine/figures/engine-meter.js').then(({ EngineMeter }) => {
    const meter = new EngineMeter();
    for (let step = 0; step < TOKENS_PER_SECOND; step += 1) {
      meter.call({ kind: 'decode', tokens: 6, sequences: 6, milliseconds: 90 });
      meter.step(6);
    }
    meter.prompt(300, 200, 'slot');
    return meter.take(3000);
  });
  const report = async (name) => metrics.counted(name, await figures);
  const timers = names().map((name) => setInterval(() => void report(name), 1000));
  let number = 0;
  const finish = () => {
    const model = names()[number++ % MODELS];
    metrics.ended({ ...run, model });
    metrics.answered({ method: 'POST', route: '/api/chat', status: 200, milliseconds: 4000 });
  };
  timers.push(setInterval(finish, (1000 * REQUEST_SECONDS) / STREAMS));
  return () => timers.forEach(clearInterval);
}

/** @returns milliseconds of processor time of this thread in a second, the garbage collector's part in it among them */
async function processorTime(seconds) {
  const before = threadTime();
  await sleep(seconds * 1000);
  return (threadTime() - before) / seconds;
}

/** Linux counts the nanoseconds that each thread has spent on a processor. */
function threadTime() {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** A process that asks as a router does, over one connection. */
function clientProgram(url) {
  return `
    const { Agent, get } = require('node:http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let [count, bytes] = [0, 0];
    const started = performance.now();
    const timer = setInterval(() => get(${JSON.stringify(`${url}/metrics`)}, { agent }, (reply) => {
      let size = 0;
      reply.on('data', (data) => { size += data.length; });
      reply.on('end', () => { count += 1; bytes = size; });
    }), ${1000 / SCRAPES_PER_SECOND});
    setTimeout(() => {
      clearInterval(timer);
      console.log(JSON.stringify({ count, bytes, seconds: (performance.now() - started) / 1000 }));
      process.exit();
    }, ${(SECONDS + 3) * 1000});`;
}

/** Milliseconds of processor time that the writing of pages takes: as often as a router asks, and after a pause. */
async function timePages(metrics) {
  const times = [];
  for (let count = 0; count < 10 * SCRAPES_PER_SECOND; count += 1) {
    await sleep(1000 / SCRAPES_PER_SECOND);
    times.push(await timed(() => metrics.page('prometheus')));
  }
  const alone = [];
  for (let count = 0; count < 5; count += 1) {
    await sleep(1500);
    alone.push(await timed(() => metrics.page('prometheus')));
  }
  const often = times.slice(SCRAPES_PER_SECOND);
  const mean = often.reduce((sum, time) => sum + time, 0) / often.length;
  return { mean, worst: Math.max(...often), alone: median(alone) };
}

async function timed(work) {
  const started = threadTime();
  await work();
  return threadTime() - started;
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
