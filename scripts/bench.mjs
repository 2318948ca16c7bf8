// `npm run bench`: compiles bench/ and runs it, against a server started for this run unless --url names another one.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureSmolModel, smolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import {
  checkNodeVersion,
  ensureBuild,
  ensureDependencies,
  program,
  root,
  runNode,
  SetupError,
} from './setup.mjs';

async function main(args) {
  checkNodeVersion();
  await ensureDependencies();
  const bench = await compileBench();
  if (args.includes('--help')) return runNode([bench, '--help']);
  if (args.some((arg) => arg === '--url' || arg.startsWith('--url='))) return runNode([bench, ...args]);
  await ensureBuild();
  const gguf = await ensureSmolModel();
  const folder = await mkdtemp(join(tmpdir(), 'ollama-bench-'));
  let server;
  try {
    server = await startServerProcess({
      env: {
        OLLAMA_MODELS: join(folder, 'models'),
        OLLAMA_KV_CACHE_DIR: join(folder, 'kv-cache'),
        // One place, so that loading the second model evicts the first.
        OLLAMA_MAX_LOADED_MODELS: '1',
      },
    });
    await createModel(server.host, smolModel.name, gguf, folder);
    await createModel(server.host, 'bench-second', await renamedCopy(gguf, folder), folder);
    const own = ['--url', server.url, '--pid', String(server.pid), '--gguf', gguf];
    return await runNode([bench, ...own, ...args]);
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @returns path of the compiled main file */
async function compileBench() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const output = join(root, 'node_modules/.cache/bench');
  await rm(output, { recursive: true, force: true });
  const status = await runNode([compiler, '-p', join(root, 'bench/tsconfig.json')]);
  if (status !== 0) throw new SetupError('bench/ does not compile: see the lines above');
  await mkdir(output, { recursive: true });
  // Node treats files below node_modules as CommonJS unless a package.json beside them says otherwise.
  await writeFile(join(output, 'package.json'), '{ "type": "module" }\n');
  return join(output, 'main.js');
}

/** Copies the weights with another name in their metadata, so that they become a different model. */
async function renamedCopy(gguf, folder) {
  const bytes = await readFile(gguf);
  const key = 'general.name';
  // The key is followed by the type (4 bytes), the length (8 bytes) and the text.
  bytes[bytes.indexOf(key) + key.length + 12] ^= 1;
  const path = join(folder, 'second.gguf');
  await writeFile(path, bytes);
  return path;
}

/** Creates a model with the command line. The output is shown only on failure. */
async function createModel(host, name, gguf, folder) {
  const modelfile = join(folder, 'Modelfile');
  await writeFile(modelfile, `FROM ${gguf}\n`);
  await new Promise((resolve, reject) => {
    const args = [program, 'create', name, '-f', modelfile];
    const child = spawn(process.execPath, args, { env: { ...process.env, OLLAMA_HOST: host } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`ollama create failed:\n${output}`)),
    );
  });
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    console.error(`bench: ${error instanceof SetupError ? error.message : error.stack}`);
    process.exitCode = 1;
  },
);
