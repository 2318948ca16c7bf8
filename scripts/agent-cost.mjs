/**
 * `npm run bench:agent -- [--rounds N] [--base FOLDER]`: what a coding agent waits for, with a model of random weights.
 * `--base` names a built checkout of another version, which answers each request in turn.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CONTEXT, writeAgentModel } from './agent-model.mjs';
import { manyMessages, manyTools, session } from './agent-requests.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies, program } from './setup.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, base: { type: 'string' } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be an integer of at least 1');

await ensureDependencies();
await ensureBuild();
const folder = await mkdtemp(join(tmpdir(), 'agent-cost-'));
const servers = [];
try {
  const file = join(folder, 'agent.gguf');
  await writeAgentModel(file);
  const programs = { ours: program, ...(values.base && { base: join(resolve(values.base), 'bin/ollama') }) };
  for (const [name, path] of Object.entries(programs)) {
    const server = await start(name, path);
    servers.push({ name, url: server.url, stop: server.stop });
    await createModel(server.host, file);
  }
  const names = servers.map(({ name }) => name).join(' | ');
  console.log(`| figure | ${names} | ratio |\n|---|${'---:|'.repeat(servers.length + 1)}`);
  for (const choice of ['auto', 'required']) await compareOverhead(choice);
  await compareTurns();
} finally {
  for (const { stop } of servers) await stop();
  await rm(folder, { recursive: true, force: true });
}

async function start(name, path) {
  const home = join(folder, name);
  await mkdir(home);
  const env = {
    HOME: home,
    OLLAMA_CONFIG: '',
    OLLAMA_MODELS: join(home, 'models'),
    OLLAMA_CONTEXT_LENGTH: String(CONTEXT),
    OLLAMA_NUM_PARALLEL: '1',
  };
  return startServerProcess({ program: path, env });
}

async function createModel(host, file) {
  const modelfile = join(folder, 'Modelfile');
  await writeFile(modelfile, `FROM ${file}\n`);
  const words = [program, 'create', 'agent', '-f', modelfile];
  const env = { ...process.env, OLLAMA_HOST: host };
  const { status, stderr } = spawnSync(process.execPath, words, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`create failed: ${stderr}`);
}

/** One request again and again: its prompt is in the cache, so that everything but computing remains. */
async function compareOverhead(choice) {
  const body = {
    model: 'agent',
    messages: manyMessages(60),
    tools: manyTools(),
    tool_choice: choice,
    max_tokens: 1,
    temperature: 0,
  };
  const times = servers.map(() => []);
  for (let round = -2; round < rounds; round += 1) {
    for (const [index, { url }] of servers.entries()) {
      const time = await timed(url, '/v1/chat/completions', body);
      if (round >= 0) times[index].push(time);
    }
  }
  row(`60 messages, 24 tools, tool_choice ${choice}, prompt cached: one token, ms`, times);
}

async function compareTurns() {
  const [mine, next] = [session('2.1.332.a1b'), session('2.1.332.c3d')];
  const figures = [
    ['first turn of an agent, 18,000-token prefix: one token, ms', mine.turn(1)],
    ['its second turn, ms', mine.turn(2)],
    ['a new session whose attribution line differs, ms', next.turn(1)],
  ];
  for (const [label, body] of figures) {
    const times = [];
    for (const { url } of servers) times.push([await timed(url, '/v1/messages', body)]);
    row(label, times);
  }
}

/** @param times milliseconds, a list for each server */
function row(label, times) {
  const [ours, base] = times.map((list) => list.toSorted((left, right) => left - right)[list.length >> 1]);
  const cells =
    base === undefined
      ? [ours.toFixed(1), '']
      : [ours.toFixed(1), base.toFixed(1), `${(ours / base).toFixed(2)} x`];
  console.log(`| ${label} | ${cells.join(' | ')} |`);
}

/** @returns milliseconds until the whole reply */
async function timed(url, path, body) {
  const text = JSON.stringify(body);
  const startedAt = performance.now();
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: text,
  });
  const reply = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${reply}`);
  return performance.now() - startedAt;
}
