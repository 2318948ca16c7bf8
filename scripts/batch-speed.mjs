// Compares a batch with concurrent clients that send the same requests: `npm run bench:batches [-- --lines 2000 --rounds 3]`.
// Rounds alternate on one server. Each line has another short prompt and asks for a few tokens. Before each measurement the model is
// unloaded and loaded as for people, so that clients never use what was loaded for a batch, and a batch pays for its own load.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import OpenAI, { toFile } from 'openai';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild } from './setup.mjs';

const CLIENTS = 8;
const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '8' },
  },
});
const lines = Number(values.lines);
const tokens = Number(values.tokens);

await ensureBuild();
const home = await mkdtemp(join(tmpdir(), 'ollama-batch-speed-'));
const env = { HOME: home, OLLAMA_MODELS: join(home, 'models'), OLLAMA_CONFIG: '/dev/null' };
const server = await startServerProcess({ env });
try {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
  await create(server.url, await ensureSmolModel());
  await clients(client, 16, -1);
  const ratios = [];
  const fastest = { clients: Number.POSITIVE_INFINITY, batch: Number.POSITIVE_INFINITY };
  for (let round = 0; round < Number(values.rounds); round++) {
    await loadAgain(server.url);
    const alone = await clients(client, lines, 2 * round);
    await loadAgain(server.url);
    const batched = await batch(client, lines, 2 * round + 1);
    ratios.push(batched / alone);
    fastest.clients = Math.min(fastest.clients, alone);
    fastest.batch = Math.min(fastest.batch, batched);
    console.log(
      `${CLIENTS} clients ${alone.toFixed(1)} s, batch ${batched.toFixed(1)} s: ${(batched / alone).toFixed(3)} x`,
    );
  }
  ratios.sort((one, other) => one - other);
  console.log(`median ${ratios[Math.floor(ratios.length / 2)].toFixed(3)} x`);
  // What other programs on the machine disturbed least.
  console.log(`fastest rounds ${(fastest.batch / fastest.clients).toFixed(3)} x`);
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}

async function create(url, path) {
  const { createReadStream } = await import('node:fs');
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const digest = `sha256:${hash.digest('hex')}`;
  const uploaded = await fetch(`${url}/api/blobs/${digest}`, {
    method: 'POST',
    body: createReadStream(path),
    duplex: 'half',
  });
  if (!uploaded.ok) throw new Error(await uploaded.text());
  const body = JSON.stringify({ model: 'm', files: { 'model.gguf': digest }, stream: false });
  const created = await fetch(`${url}/api/create`, { method: 'POST', body });
  if (!created.ok) throw new Error(await created.text());
}

async function loadAgain(url) {
  for (const keep_alive of [0, '5m']) {
    const body = JSON.stringify({ model: 'm', stream: false, keep_alive });
    const reply = await fetch(`${url}/api/generate`, { method: 'POST', body });
    if (!reply.ok) throw new Error(await reply.text());
  }
}

/** No two prompts of a run are equal. */
function bodyOf(index, round) {
  const messages = [{ role: 'user', content: `In round ${round}, name a word for number ${index}.` }];
  return { model: 'm', messages, max_tokens: tokens, temperature: 0 };
}

/** @returns seconds */
async function clients(client, count, round) {
  const started = performance.now();
  let next = 0;
  const one = async () => {
    for (let index = next++; index < count; index = next++) {
      await client.chat.completions.create(bodyOf(index, round));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, one));
  return (performance.now() - started) / 1000;
}

/** @returns seconds from the upload to the last reply */
async function batch(client, count, round) {
  const started = performance.now();
  const url = '/v1/chat/completions';
  const text = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ custom_id: String(index), method: 'POST', url, body: bodyOf(index, round) }),
  ).join('\n');
  const file = await client.files.create({
    file: await toFile(Buffer.from(text), 'in.jsonl'),
    purpose: 'batch',
  });
  let current = await client.batches.create({
    input_file_id: file.id,
    endpoint: url,
    completion_window: '24h',
  });
  while (!['completed', 'failed'].includes(current.status)) {
    await pause(100);
    current = await client.batches.retrieve(current.id);
  }
  const replies = await (await client.files.content(current.output_file_id)).text();
  if (replies.trimEnd().split('\n').length !== count)
    throw new Error(`the batch lacks replies: ${JSON.stringify(current)}`);
  return (performance.now() - started) / 1000;
}
