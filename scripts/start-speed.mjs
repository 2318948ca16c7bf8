/**
 * Measures `ollama --version` and `ollama list` from start to exit, and a server from its start to its first answer and to the first token of
 * a model, compared with an empty program on the same Node and, if its path is given, another ollama:
 * `node scripts/start-speed.mjs [--runs N] [PEER]`, after `npm run build`. PEER may be the executable of an archive.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureSmolModel } from './model-cache.mjs';
import { startServerProcess } from './server-process.mjs';
import { program } from './setup.mjs';

/** Between two attempts to reach a server that starts. */
const LOOK_MS = 2;

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '31' } },
  allowPositionals: true,
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs must be an integer of at least 1');
const [peer] = positionals;
const folder = await mkdtemp(join(tmpdir(), 'start-speed-'));
const ownEnv = { HOME: folder, OLLAMA_CONFIG: devNull, OLLAMA_MODELS: join(folder, 'models') };
const ours = { label: 'ollama', words: [process.execPath, program] };
const programs = [ours, ...(peer ? [{ label: peer, words: [peer] }] : [])];
const times = new Map();

let server;
try {
  server = await startServerProcess({ env: ownEnv });
  const env = { ...process.env, ...ownEnv, OLLAMA_HOST: server.host };
  const modelfile = join(folder, 'Modelfile');
  await writeFile(modelfile, `FROM ${await ensureSmolModel()}\n`);
  timed([...ours.words, 'create', 'smol', '-f', modelfile], env);
  // Programs alternate, so that other load on the machine affects all of them alike. The first round warms the caches.
  for (let run = 0; run <= runs; run++) {
    const note = (label, milliseconds) => {
      if (run > 0) times.set(label, [...(times.get(label) ?? []), milliseconds]);
    };
    note('empty Node program', timed([process.execPath, '-e', '0'], env));
    for (const argument of ['--version', 'list']) {
      for (const { label, words } of programs) note(`${label} ${argument}`, timed([...words, argument], env));
    }
    for (const { label, words } of programs) {
      const { answer, token } = await timedServer([...words, 'serve'], env);
      note(`${label} serve, first answer`, answer);
      note(`${label} serve, first token of a model`, token);
    }
  }
  for (const [label, measured] of times) {
    measured.sort((left, right) => left - right);
    const median = measured[Math.floor(measured.length / 2)];
    process.stdout.write(
      `${label}: ${median.toFixed(0)} ms (median of ${runs}, fastest ${measured[0].toFixed(0)} ms)\n`,
    );
  }
} finally {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
}

function timed([command, ...words], env) {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, words, { env, encoding: 'utf8' });
  const milliseconds = performance.now() - started;
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} exited with ${status}: ${stderr}`);
  return milliseconds;
}

/** Milliseconds from the start of the process. */
async function timedServer([command, ...words], env) {
  const host = `127.0.0.1:${20_000 + Math.floor(Math.random() * 20_000)}`;
  const started = performance.now();
  const child = spawn(command, words, { env: { ...env, OLLAMA_HOST: host }, stdio: 'ignore' });
  const exited = once(child, 'exit');
  try {
    const answered = () =>
      fetch(`http://${host}/api/version`).then(
        (reply) => reply.json(),
        () => undefined,
      );
    while ((await answered()) === undefined) {
      if (child.exitCode !== null) throw new Error(`the server ended with exit code ${child.exitCode}`);
      await sleep(LOOK_MS);
    }
    const answer = performance.now() - started;
    const body = { model: 'smol', prompt: 'Hello', stream: false, options: { num_predict: 1 } };
    await (await fetch(`http://${host}/api/generate`, { method: 'POST', body: JSON.stringify(body) })).json();
    return { answer, token: performance.now() - started };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}
