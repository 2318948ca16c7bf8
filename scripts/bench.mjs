// `npm run bench`: compiles bench/ and runs it, against servers started for this run unless --url names one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ensureLargeVocabularyModel,
  ensureSmolModel,
  largeVocabularyModel,
  smolModel,
} from './model-cache.mjs';
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
  if (args.includes('--help')) return runNode([join(bench, 'main.js'), '--help']);
  if (args.some((arg) => arg === '--url' || arg.startsWith('--url=')))
    return runNode([join(bench, 'main.js'), ...args]);
  const { needs, base } = await plan(bench, args);
  await ensureBuild();
  const gguf = await ensureSmolModel();
  const large = needs.largeVocabulary ? await ensureLargeVocabularyModel() : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'ollama-bench-'));
  const servers = [];
  try {
    const second = await renamedCopy(gguf, folder);
    const own = ['--gguf', gguf];
    const sides = { '': program, ...(base && { 'base-': base }) };
    for (const [side, path] of Object.entries(sides)) {
      const server = await startSide(join(folder, `${side}side`), path, needs.slots);
      servers.push(server);
      await createModel(server.host, smolModel.name, gguf, folder);
      await createModel(server.host, 'bench-second', second, folder);
      if (large) await createModel(server.host, largeVocabularyModel.name, large, folder);
      own.push(`--${side}url`, server.url, `--${side}pid`, String(server.pid));
    }
    return await runNode([join(bench, 'main.js'), ...own, ...args]);
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the arguments as the benchmark does, before the servers start. */
async function plan(bench, args) {
  const load = (file) => import(pathToFileURL(join(bench, file)).href);
  const { readArguments } = await load('arguments.js');
  const { chosenScenarios, needsOf } = await load('scenario-table.js');
  try {
    const chosen = readArguments(args);
    const base = chosen.baseFolder && join(resolve(chosen.baseFolder), 'bin/ollama');
    if (base && !existsSync(join(resolve(chosen.baseFolder), 'dist/cli/main.js')))
      throw new Error(`${chosen.baseFolder} is not a built checkout: run "npm run build" there`);
    return { needs: needsOf(chosenScenarios(chosen)), base };
  } catch (error) {
    throw new SetupError(error.message);
  }
}

function startSide(home, path, slots) {
  return startServerProcess({
    program: path,
    env: {
      OLLAMA_MODELS: join(home, 'models'),
      OLLAMA_KV_CACHE_DIR: join(home, 'kv-cache'),
      OLLAMA_NUM_PARALLEL: String(slots),
      // One place, so that loading the second model evicts the first.
      OLLAMA_MAX_LOADED_MODELS: '1',
    },
  });
}

/** @returns folder of the compiled files */
async function compileBench() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const output = join(root, 'node_modules/.cache/bench');
  await rm(output, { recursive: true, force: true });
  const status = await runNode([compiler, '-p', join(root, 'bench/tsconfig.json')]);
  if (status !== 0) throw new SetupError('bench/ does not compile: see the lines above');
  await mkdir(output, { recursive: true });
  // Node treats files below node_modules as CommonJS unless a package.json beside them says otherwise.
  await writeFile(join(output, 'package.json'), '{ "type": "module" }\n');
  return output;
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
