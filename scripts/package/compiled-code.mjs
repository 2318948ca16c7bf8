// Runs the program once and keeps what V8 has compiled of it: an executable with that code starts in half of the time.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mediaLimits } from '../../dist/media/work/media-work.js';
import { textLimits } from '../../dist/workers/limits.js';
import { startServerProcess } from '../server-process.mjs';
import { root, SetupError } from '../setup.mjs';

const folder = join(root, 'packaging', 'one-file');

/**
 * @param into folder for the compiled code
 * @param executable path of the executable that `assemble` makes of a main script
 * @returns paths of the files by their names in the executable
 */
export async function compileCode(into, executable, assemble) {
  const recorder = `${executable}.recorder.cjs`;
  await mkdir(into, { recursive: true });
  const texts = await Promise.all(
    ['recorder.cjs', 'main.cjs'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  await mkdir(join(executable, '..'), { recursive: true });
  await writeFile(recorder, texts.join('\n'));
  await assemble(recorder);
  await runEverything(executable);
  const names = await readdir(into);
  for (const name of ['ollama', 'serve', 'engine', 'devices', 'chat-worker', 'media-worker']) {
    if (!names.includes(`${name}.compiled`))
      throw new SetupError(`the program "${name}" did not end as expected`);
  }
  return Object.fromEntries(names.map((name) => [name, join(into, name)]));
}

async function runEverything(executable) {
  const home = await mkdtemp(join(tmpdir(), 'ollama-compile-'));
  const env = { HOME: home, OLLAMA_CONFIG: devNull, OLLAMA_MODELS: join(home, 'models') };
  try {
    const server = await startServerProcess({ env, program: executable, runtime: [] });
    for (const path of ['/', '/api/tags', '/api/ps', '/v1/models', '/ui/'])
      await (await fetch(server.url + path)).text();
    await runOnce(executable, ['--version'], { ...process.env, ...env, OLLAMA_HOST: server.host });
    await server.stop();
    await runOnce(executable, ['__devices'], { ...process.env, ...env });
    await runEngine(executable);
    await runWorker(executable, 'chat-worker', textLimits.heapMb);
    await runWorker(executable, 'media-worker', mediaLimits.heapMb);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function runOnce(executable, words, env) {
  const child = spawn(executable, words, { env, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new SetupError(`${words.join(' ')} exited with ${code}`);
}

/** Without a model: it ends when its pipe closes. */
async function runEngine(executable) {
  const child = spawn(executable, ['__engine'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  child.stdio[3].end();
  await once(child, 'exit');
}

/** V8's flags decide which code it accepts, so the worker is started as the server starts it. */
async function runWorker(executable, name, heapMb) {
  const child = fork(`__${name}`, [], {
    execPath: executable,
    execArgv: [],
    env: { NODE_OPTIONS: `--max-old-space-size=${heapMb}` },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  child.disconnect();
  await once(child, 'exit');
}
