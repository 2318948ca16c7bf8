// `npm run bench:upstreams`: what a hop over an upstream adds to a request. Two servers, of which one is the upstream of the other; the
// same request goes to both in turn, and the pairs are compared. The last two rows are no hops: the same model on both servers, of which one
// has upstreams in its config file.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './engine-in-process.mjs';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies, program } from './setup.mjs';

const PAIRS = Number(process.argv[2] ?? 300);
const WARM_UP = 30;
const kinds = ['openai', 'ollama', 'anthropic'];

await ensureDependencies();
await ensureBuild();
const model = await ensureSmolModel();
const home = await mkdtemp(join(tmpdir(), 'upstream-cost-'));
const back = await startServerProcess({ env: { HOME: join(home, 'back') } });
try {
  await createModel(model, back.url, 'm');
  const path = join(home, 'front.yaml');
  await writeFile(path, configText());
  const front = await startServerProcess({ env: { HOME: join(home, 'front'), OLLAMA_CONFIG: path } });
  try {
    console.log('| upstream | direct | over the upstream | difference, median | difference, 95 % |');
    console.log('|---|---:|---:|---:|---:|');
    for (const kind of kinds) await compare(kind, front);
    for (const name of ['m', 'overflow']) {
      await createModel(model, front.url, name);
      await compare(name, front);
    }
  } finally {
    await front.stop();
  }
} finally {
  await back.stop();
  await rm(home, { recursive: true, force: true });
}

async function createModel(file, url, name) {
  const modelfile = join(home, 'Modelfile');
  await writeFile(modelfile, `FROM ${file}\n`);
  const env = { ...process.env, HOME: join(home, 'client'), OLLAMA_HOST: url };
  const { status, stderr } = spawnSync(process.execPath, [program, 'create', name, '-f', modelfile], { env });
  if (status !== 0) throw new Error(`create failed: ${stderr}`);
}

function configText() {
  const entries = kinds.map((kind) => {
    const url = kind === 'openai' ? `${back.url}/v1` : back.url;
    return `  - { name: ${kind}, url: "${url}", kind: ${kind}, models: [{ name: ${kind}, as: m }] }\n`;
  });
  const models = '[{ name: overflow, as: m, use: overflow, after: 1h }]';
  const overflow = `  - { name: overflow, url: "${back.url}", kind: ollama, models: ${models} }\n`;
  return `upstreams:\n${entries.join('')}${overflow}`;
}

/** The same prompt each time, so that the engine answers from its kept logits: what remains is the way. */
async function compare(name, front) {
  const times = { direct: [], over: [], difference: [] };
  for (let turn = -WARM_UP; turn < PAIRS; turn++) {
    const isDirectFirst = turn % 2 === 0;
    const order = isDirectFirst ? ['direct', 'over'] : ['over', 'direct'];
    const measured = {};
    for (const way of order) {
      measured[way] = await ask(way === 'direct' ? back.url : front.url, way === 'direct' ? 'm' : name);
    }
    if (turn < 0) continue;
    times.direct.push(measured.direct);
    times.over.push(measured.over);
    times.difference.push(measured.over - measured.direct);
  }
  const late = [...times.difference].sort((left, right) => left - right)[Math.floor(PAIRS * 0.95)];
  const figures = [median(times.direct), median(times.over), median(times.difference), late];
  console.log(`| ${name} | ${figures.map((figure) => `${figure.toFixed(2)} ms`).join(' | ')} |`);
}

async function ask(url, name) {
  const started = performance.now();
  const reply = await fetch(`${url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({
      ...{ model: name, messages: [{ role: 'user', content: 'Why is the sky blue?' }] },
      options: { num_predict: 1, temperature: 0, seed: 1 },
    }),
  });
  const text = await reply.text();
  if (reply.status !== 200 || !text.includes('"done":true')) throw new Error(text);
  return performance.now() - started;
}
