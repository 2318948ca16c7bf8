// `npm run bench:pull`: measures a pull of 1 GiB over loopback, compared with curl over the same number of connections
// plus sha256sum; the memory of the server during the pull; and how soon a resumed pull requests its first missing byte.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { startServerProcess } from './server-process.mjs';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;
const STREAMS = 4;
const ROUNDS = 3;
const TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** Runs a registry with one model in a worker thread. It reports when each range of the weights is requested. */
function serveModel() {
  const block = randomBytes(64 * MIB);
  const weights = Buffer.alloc(SIZE);
  for (let start = 0; start < SIZE; start += block.length) {
    block.writeUInt32LE(start / MIB);
    block.copy(weights, start);
  }
  const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const config = Buffer.from('{"model_format":"gguf"}');
  const blobs = new Map([weights, config].map((bytes) => [digestOf(bytes), bytes]));
  const [weightsDigest, configDigest] = blobs.keys();
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: TYPE,
    config: {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: configDigest,
      size: config.length,
    },
    layers: [{ mediaType: 'application/vnd.ollama.image.model', digest: weightsDigest, size: SIZE }],
  });
  const server = createServer((request, response) => {
    const blob = blobs.get(request.url.split('/blobs/')[1]);
    if (!blob) return response.writeHead(200, { 'Content-Type': TYPE }).end(manifest);
    if (blob === weights) parentPort.postMessage({ askedAt: Date.now() });
    const [, start = '0', last = blob.length - 1] =
      /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const body = blob.subarray(Number(start), Number(last) + 1);
    const range = request.headers.range && { 'Content-Range': `bytes ${start}-${last}/${blob.length}` };
    response.writeHead(range ? 206 : 200, { 'Content-Length': body.length, ...range });
    return sendInPieces(response, body);
  });
  server.listen(0, '127.0.0.1', () => {
    parentPort.postMessage({ host: `127.0.0.1:${server.address().port}`, weightsDigest });
  });
}

function sendInPieces(response, body) {
  let sent = 0;
  const send = () => {
    while (sent < body.length && !response.destroyed) {
      const piece = body.subarray(sent, sent + MIB);
      sent += piece.length;
      if (!response.write(piece)) return response.once('drain', send);
    }
    return response.end();
  };
  send();
}

const seconds = (start) => (performance.now() - start) / 1000;
const median = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];

function shell(command, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-ec', command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`"${command}" failed: ${code}`))));
  });
}

/** @returns seconds that it takes to download all ranges, each with its own curl, and to hash the whole file */
async function measureCurl(registry, folder) {
  const share = SIZE / STREAMS;
  const names = Array.from({ length: STREAMS }, (_, index) => `curl-${index}`);
  const url = `http://${registry.host}/v2/library/x/blobs/${registry.weightsDigest}`;
  const gets = names.map(
    (name, index) => `curl -sf -r ${index * share}-${(index + 1) * share - 1} -o ${name} ${url} &`,
  );
  const start = performance.now();
  await shell(`${gets.join('\n')}\nwait\ncat ${names.join(' ')} | sha256sum`, folder);
  const time = seconds(start);
  await shell(`rm ${names.join(' ')}`, folder);
  return time;
}

const startServer = (models) =>
  startServerProcess({
    env: { OLLAMA_MODELS: models, OLLAMA_PULL_STREAMS: String(STREAMS), OLLAMA_PULL_RATE: '0' },
  });

async function pull(server, registry) {
  const body = JSON.stringify({ model: `${registry.host}/library/x`, insecure: true, stream: false });
  const response = await fetch(`${server.url}/api/pull`, { method: 'POST', body });
  const reply = await response.json();
  if (reply.status !== 'success') throw new Error(`the pull failed: ${JSON.stringify(reply)}`);
}

function residentMib(pid) {
  const path = `/proc/${pid}/status`;
  const kib = existsSync(path) ? /VmRSS:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
  return Number(kib ?? Number.NaN) / 1024;
}

/** @returns duration of the pull in seconds, and the server's memory in MiB before the pull and its peak during it */
async function measurePull(registry, folder) {
  const models = join(folder, 'models');
  const server = await startServer(models);
  const before = residentMib(server.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, residentMib(server.pid));
  }, 20);
  try {
    const start = performance.now();
    await pull(server, registry);
    return { time: seconds(start), before, most };
  } finally {
    clearInterval(watch);
    await server.stop();
    rmSync(models, { recursive: true, force: true });
  }
}

/** @returns milliseconds from the pull request to the request of the first missing range, with half of the blob on disk */
async function measureResume(registry, folder) {
  const models = join(folder, 'models');
  const killed = await startServer(models);
  const partial = join(models, 'blobs', `${registry.weightsDigest.replace(':', '-')}-partial`);
  const pulled = pull(killed, registry).catch(() => undefined);
  while (!existsSync(partial) || !hasHalf(partial)) await sleep(5);
  process.kill(killed.pid, 'SIGKILL');
  await pulled;
  const server = await startServer(models);
  registry.askedAt = undefined;
  const start = Date.now();
  await pull(server, registry);
  await server.stop();
  rmSync(models, { recursive: true, force: true });
  return registry.askedAt - start;
}

function hasHalf(path) {
  return statSync(path).blocks * 512 > SIZE / 2;
}

async function main() {
  await ensureDependencies();
  await ensureBuild();
  const registry = {};
  const worker = new Worker(fileURLToPath(import.meta.url));
  await new Promise((resolve) => {
    worker.on('message', (message) => {
      registry.askedAt ??= message.askedAt;
      if (message.host) resolve(Object.assign(registry, message));
    });
  });
  const folder = mkdtempSync(join(tmpdir(), 'pull-speed-'));
  try {
    const curls = [];
    const pulls = [];
    const resumes = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      curls.push(await measureCurl(registry, folder));
      pulls.push(await measurePull(registry, folder));
      resumes.push(await measureResume(registry, folder));
    }
    const curl = median(curls);
    const ours = median(pulls.map(({ time }) => time));
    console.log(`curl over ${STREAMS} connections and sha256sum: ${curl.toFixed(2)} s`);
    console.log(
      `pull of 1 GiB: ${ours.toFixed(2)} s, ${(curl / ours).toFixed(2)} x the speed of curl (goal 0.8)`,
    );
    const before = median(pulls.map((one) => one.before));
    const most = median(pulls.map((one) => one.most));
    console.log(
      `server memory: ${before.toFixed(0)} MiB before the pull, peak ${most.toFixed(0)} MiB (goal 150)`,
    );
    console.log(`resume at half: first missing range requested after ${median(resumes)} ms (goal 1000)`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await worker.terminate();
  }
}

if (isMainThread) await main();
else serveModel();
