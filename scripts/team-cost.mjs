// `npm run bench:teams`: what keys, usage, the audit log and metrics cost together. Two servers answer in turns: one without any of
// them, and one with all of them on, whose metrics are asked for every second. The figures are ratios of medians of pairs: tokens
// per second of 8 streams, and the time of a request for one token. A third kind of request brings a key with limits of tokens,
// for which prompts are counted before their run.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { median } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const ROUNDS = Number(process.argv[2] ?? 12);
const SLOTS = 8;
const TOKENS = 64;
/** Requests for one token in a row, in each round. */
const SINGLE_REQUESTS = 20;
/** So many that no request of this program meets them. */
const AMPLE = 1_000_000_000;

await ensureDependencies();
await ensureBuild();
await main();

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'team-cost-'));
  const model = await ensureSmolModel();
  const servers = [];
  try {
    const plain = await startWith({ folder, model, name: 'plain', isFull: false });
    servers.push(plain);
    const full = await startWith({ folder, model, name: 'full', isFull: true });
    servers.push(full);
    const admin = await createKey(full, { name: 'admin', scopes: ['admin'] });
    const key = await createKey({ ...full, key: admin }, { name: 'user' });
    const limits = { tokens_per_minute: AMPLE, tokens_per_day: AMPLE, requests_per_minute: AMPLE };
    const limited = await createKey({ ...full, key: admin }, { name: 'limited', ...limits });
    await compare({
      without: plain,
      'all on': { ...full, key, admin },
      'all on, key with limits': { ...full, key: limited, admin },
    });
  } finally {
    for (const { server } of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(ways) {
  const names = Object.keys(ways);
  const speeds = new Map(names.map((name) => [name, []]));
  const singles = new Map(names.map((name) => [name, []]));
  for (const name of names) await streamAll(ways[name]);
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each goes first in turns, so that none always has the machine after a pause.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      speeds.get(name).push(await streamAll(ways[name]));
      singles.get(name).push(await singleTime(ways[name], round));
    }
  }
  const [base] = names;
  for (const name of names) {
    const ratio = (all) => median(all.get(name).map((value, round) => value / all.get(base)[round]));
    console.log(
      `${name}: ${SLOTS} streams ${rounded(median(speeds.get(name)))} tokens/s (${rounded(ratio(speeds))} x), ` +
        `one token ${rounded(median(singles.get(name)))} ms (${rounded(ratio(singles))} x)`,
    );
  }
}

async function startWith({ folder, model, name, isFull }) {
  const home = join(folder, name);
  const switches = isFull
    ? { OLLAMA_AUDIT_LOG: 'audit.log' }
    : { OLLAMA_METRICS: 'off', OLLAMA_USAGE: 'off' };
  const server = await startServerProcess({
    env: {
      HOME: home,
      OLLAMA_MODELS: join(home, 'models'),
      OLLAMA_NUM_PARALLEL: String(SLOTS),
      OLLAMA_KV_CACHE_BUDGET: '0',
      OLLAMA_KEEP_ALIVE: '-1',
      ...switches,
    },
  });
  const bytes = await readFile(model);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await fetch(`${server.url}/api/blobs/${digest}`, { method: 'POST', body: bytes });
  await answered({ server }, '/api/create', {
    model: 'smol',
    files: { 'model.gguf': digest },
    stream: false,
  });
  return { server };
}

async function createKey(way, request) {
  return JSON.parse(await answered(way, '/api/keys', request)).key;
}

function bearer(key) {
  return key === undefined ? {} : { Authorization: `Bearer ${key}` };
}

async function answered({ server, key }, path, body) {
  const init = { method: 'POST', body: JSON.stringify(body), headers: bearer(key) };
  const reply = await fetch(server.url + path, init);
  const text = await reply.text();
  if (!reply.ok) throw new Error(text);
  return text;
}

/** @returns tokens per second of all streams together */
async function streamAll(way) {
  const { server, admin } = way;
  const headers = bearer(admin);
  const scraping = admin
    ? setInterval(() => void fetch(`${server.url}/metrics`, { headers }).then((reply) => reply.text()), 1000)
    : undefined;
  const started = performance.now();
  const options = { num_predict: TOKENS, temperature: 1, num_ctx: 512 };
  const streams = Array.from({ length: SLOTS }, (_, stream) =>
    answered(way, '/api/generate', { model: 'smol', prompt: `${stream} Once upon a time`, options }),
  );
  const texts = await Promise.all(streams);
  clearInterval(scraping);
  const tokens = texts.reduce(
    (sum, text) => sum + JSON.parse(text.trimEnd().split('\n').at(-1)).eval_count,
    0,
  );
  return (1000 * tokens) / (performance.now() - started);
}

/** @returns median milliseconds of a request for one token after a prompt that is new */
async function singleTime(way, round) {
  const times = [];
  const options = { num_predict: 1, num_ctx: 512 };
  for (let count = 0; count < SINGLE_REQUESTS; count += 1) {
    const started = performance.now();
    const prompt = `${round * SINGLE_REQUESTS + count} lights shine over the sea tonight, and`;
    await answered(way, '/api/generate', { model: 'smol', prompt, options, stream: false });
    times.push(performance.now() - started);
  }
  return median(times);
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}
