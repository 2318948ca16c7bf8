// Tokens per second of two servers with one thread each behind vllm-router, and of the same two without it, compared with one server that
// has two threads: `npm run bench:routers [-- --rounds 7 --clients 8]`. Rounds alternate. Needs python3 with venv.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { median } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies, program, root } from './setup.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    clients: { type: 'string', default: '8' },
    requests: { type: 'string', default: '32' },
    tokens: { type: 'string', default: '48' },
  },
});
const [rounds, clients, requests, tokens] = Object.values(values).map(Number);
const ROUTER_PORT = 18_080;
const METRICS_PORT = 18_081;
const READY_MS = 60_000;

await ensureDependencies();
await ensureBuild();
const home = await mkdtemp(join(tmpdir(), 'router-speed-'));
const running = [];
try {
  const model = await ensureSmolModel();
  const two = await start('two', 2, model);
  const [left, right] = [await start('left', 1, model), await start('right', 1, model)];
  const router = await startRouter([left, right]);
  const ways = {
    'one server': () => two,
    'two, without a router': (index) => (index % 2 === 0 ? left : right),
    'two, behind vllm-router': () => router,
  };
  const rates = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    // Each way goes first, second and last as often as the others.
    const names = Object.keys(ways);
    const order = names.map((_, index) => names[(index + round + names.length) % names.length]);
    for (const name of order) {
      const rate = await tokensPerSecond(ways[name], round);
      if (round >= 0) rates[name].push(rate);
    }
    if (round >= 0)
      console.log(`${names.map((name) => `${name} ${rates[name].at(-1).toFixed(1)}`).join(', ')} tokens/s`);
  }
  const base = rates['one server'];
  console.log(`load of the machine ${loadavg()[0].toFixed(1)} on ${cpus().length} cores`);
  for (const [name, all] of Object.entries(rates)) {
    const ratio = median(all.map((rate, round) => rate / base[round]));
    console.log(`${name}: median ${median(all).toFixed(1)} tokens/s, ${ratio.toFixed(3)} x`);
  }
} finally {
  for (const stop of running) await stop();
  await rm(home, { recursive: true, force: true });
}

async function start(name, threads, model) {
  const folder = join(home, name);
  const server = await startServerProcess({
    env: { HOME: folder, OLLAMA_CONFIG: '/dev/null', OLLAMA_KEEP_ALIVE: '-1', OLLAMA_NUM_PARALLEL: '4' },
  });
  running.push(() => server.stop());
  const modelfile = join(home, 'Modelfile');
  await writeFile(modelfile, `FROM ${model}\nPARAMETER num_thread ${threads}\nPARAMETER num_ctx 1024\n`);
  const env = { ...process.env, HOME: folder, OLLAMA_HOST: server.url };
  execFileSync(process.execPath, [program, 'create', 'm', '-f', modelfile], { env, stdio: 'ignore' });
  await ask(server.url, 'hello', 1);
  return server.url;
}

/** Starts the version, with the policy, of packaging/router/compose.yaml. */
async function startRouter(workers) {
  const compose = readFileSync(join(root, 'packaging/router/compose.yaml'), 'utf8');
  const { build, command } = parse(compose, { merge: true }).services['vllm-router'];
  const [, requirement] = /pip install .*?(\S+==\S+)/.exec(build.dockerfile_inline);
  execFileSync('python3', ['-m', 'venv', join(home, 'venv')]);
  const python = join(home, 'venv/bin/python');
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
  const flags = [
    ...['-m', 'vllm_router.launch_router', '--host=127.0.0.1'],
    ...command.filter((part) => /^--(policy|balance)/.test(part)),
    ...[`--port=${ROUTER_PORT}`, `--prometheus-port=${METRICS_PORT}`, '--worker-urls', ...workers],
  ];
  const child = spawn(python, flags, { stdio: 'ignore' });
  running.push(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${ROUTER_PORT}`;
  const until = performance.now() + READY_MS;
  while (
    !(await ask(url, 'hello', 1).then(
      () => true,
      () => false,
    ))
  ) {
    if (performance.now() > until) throw new Error('vllm-router did not start');
    await pause(200);
  }
  return url;
}

/** Clients that send one request after another, each with a prompt of its own and the same number of tokens. */
async function tokensPerSecond(serverOf, round) {
  let next = 0;
  let generated = 0;
  const started = performance.now();
  const client = async () => {
    for (let index = next++; index < requests; index = next++)
      generated += await ask(
        serverOf(index),
        `In round ${round}, tell a story about the number ${index}.`,
        tokens,
      );
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (generated * 1000) / (performance.now() - started);
}

/** @returns number of generated tokens */
async function ask(url, content, limit) {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content }],
      max_tokens: limit,
      temperature: 0,
    }),
  });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(text);
  return JSON.parse(text).usage.completion_tokens;
}
