/** Measures `GET /api/tags` with many models: `node scripts/list-speed.mjs [MODELS]`, after `npm run build`. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGguf } from '../dist/gguf/writer.js';
import { startServerProcess } from './server-process.mjs';

const DEFAULT_MODELS = 1000;
const WARM_RUNS = 20;

const models = Number(process.argv[2] ?? DEFAULT_MODELS);
const folder = await mkdtemp(join(tmpdir(), 'list-speed-'));

async function writeBlob(mediaType, content) {
  const bytes = Buffer.from(content);
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(folder, 'blobs', `sha256-${hex}`), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

/** Writes a model with its own config and weights, so that models share no more blobs than real models do. */
async function writeModel(index) {
  const image = 'application/vnd.ollama.image';
  const metadata = {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.name': { type: 'string', value: `Model ${index}` },
    'llama.block_count': { type: 'u32', value: 2 },
    'llama.context_length': { type: 'u32', value: 2048 },
  };
  const config = { model_format: 'gguf', model_family: 'llama', model_type: `${index}M`, file_type: 'F32' };
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: await writeBlob('application/vnd.docker.container.image.v1+json', JSON.stringify(config)),
    layers: [
      await writeBlob(`${image}.model`, encodeGguf({ metadata, tensors: [] })),
      await writeBlob(`${image}.template`, '{{ .Prompt }}'),
    ],
  };
  const place = join(folder, 'manifests/registry.ollama.ai/library', `model-${index}`);
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'latest'), JSON.stringify(manifest));
}

async function timed(url) {
  const started = performance.now();
  const { models: listed } = await (await fetch(`${url}/api/tags`)).json();
  return { milliseconds: performance.now() - started, count: listed.length };
}

let server;
try {
  await mkdir(join(folder, 'blobs'));
  for (let index = 0; index < models; index++) await writeModel(index);
  // The server caches only manifests that are older than two seconds.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  server = await startServerProcess({ env: { OLLAMA_MODELS: folder, OLLAMA_CONFIG: devNull } });
  const cold = await timed(server.url);
  const warm = [];
  for (let run = 0; run < WARM_RUNS; run++) warm.push((await timed(server.url)).milliseconds);
  warm.sort((left, right) => left - right);
  const median = warm[WARM_RUNS / 2] ?? 0;
  process.stdout.write(
    `${cold.count} models: first ${cold.milliseconds.toFixed(0)} ms, then ${median.toFixed(0)} ms (median of ${WARM_RUNS})\n`,
  );
} finally {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}
