// Tokens per second of four streams with events about the KV caches and without, in turn, against two servers of this run.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subscriber } from 'zeromq';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';

const STREAMS = 4;
const TOKENS = 100;
const ROUNDS = Number(process.argv[2] ?? 20);

const folder = await mkdtemp(join(tmpdir(), 'ollama-kv-events-'));
const servers = [];
try {
  const file = await ensureSmolModel();
  const port = await freePort();
  const start = async (name, more) => {
    const own = { HOME: join(folder, name), OLLAMA_MODELS: join(folder, name, 'models') };
    const env = { ...own, OLLAMA_NUM_PARALLEL: String(STREAMS), OLLAMA_KEEP_ALIVE: '-1', ...more };
    const server = await startServerProcess({ env });
    servers.push(server);
    await createModel(server.url, file);
    return server.url;
  };
  const without = await start('without', {});
  const withEvents = await start('with', { OLLAMA_KV_EVENTS: String(port) });
  const read = { messages: 0, bytes: 0 };
  const subscriber = new Subscriber();
  subscriber.connect(`tcp://127.0.0.1:${port}`);
  subscriber.subscribe('');
  void follow(subscriber, read);
  await measure(without, 'warm');
  await measure(withEvents, 'warm');
  const ratios = [];
  const speeds = { without: [], with: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const pair = {};
    const sides = [
      ['without', without],
      ['with', withEvents],
    ];
    for (const [side, url] of round % 2 === 0 ? sides : sides.reverse()) {
      pair[side] = await measure(url, `round ${round}`);
      speeds[side].push(pair[side]);
    }
    ratios.push(pair.with / pair.without);
  }
  const { messages, bytes } = read;
  console.log(
    `${STREAMS} streams, median of ${ROUNDS} rounds: ${median(speeds.without).toFixed(1)} tokens/s without events, ${median(speeds.with).toFixed(1)} with`,
  );
  console.log(
    `ratio of neighbours: median ${median(ratios).toFixed(3)}, quartiles ${quantile(ratios, 0.25).toFixed(3)} and ${quantile(ratios, 0.75).toFixed(3)}; ${messages} messages read, ${bytes} bytes`,
  );
  subscriber.close();
} finally {
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** @returns tokens per second of all streams together */
async function measure(url, name) {
  const started = performance.now();
  const counts = await Promise.all(
    Array.from({ length: STREAMS }, (_, index) => tokensOf(url, `${name}, stream ${index}`)),
  );
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  return tokens / ((performance.now() - started) / 1000);
}

async function tokensOf(url, subject) {
  const options = { num_predict: TOKENS, temperature: 1, seed: 7, num_ctx: 2048 };
  const body = { model: 'm', prompt: `Write a long story about ${subject}.\n`, raw: true, options };
  const reply = await fetch(`${url}/api/generate`, { method: 'POST', body: JSON.stringify(body) });
  const lines = (await reply.text()).trim().split('\n');
  return JSON.parse(lines.at(-1)).eval_count;
}

async function follow(subscriber, read) {
  for await (const parts of subscriber) {
    read.messages++;
    for (const part of parts) read.bytes += part.length;
  }
}

async function createModel(url, file) {
  const data = await readFile(file);
  const digest = `sha256:${createHash('sha256').update(data).digest('hex')}`;
  await fetch(`${url}/api/blobs/${digest}`, { method: 'POST', body: data });
  const body = JSON.stringify({ model: 'm', files: { 'm.gguf': digest }, stream: false });
  const created = await fetch(`${url}/api/create`, { method: 'POST', body });
  if (!created.ok) throw new Error(await created.text());
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function quantile(values, part) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * part)];
}

function median(values) {
  return quantile(values, 0.5);
}
