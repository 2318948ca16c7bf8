/**
 * Measures `ollama --version` and `ollama list` from start to exit, compared with an empty program on the same Node and,
 * if its path is given, another ollama: `node scripts/start-speed.mjs [--runs N] [PEER]`, after `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServerProcess } from './server-process.mjs';
import { program } from './setup.mjs';

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '31' } },
  allowPositionals: true,
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs must be an integer of at least 1');
const [peer] = positionals;
const folder = await mkdtemp(join(tmpdir(), 'start-speed-'));
const ownEnv = { HOME: folder, OLLAMA_CONFIG: '', OLLAMA_MODELS: join(folder, 'models') };

let server;
try {
  server = await startServerProcess({ env: ownEnv });
  const env = { ...process.env, ...ownEnv, OLLAMA_HOST: server.host };
  const commands = ['--version', 'list'].flatMap((argument) => [
    { label: `ollama ${argument}`, words: [process.execPath, program, argument] },
    ...(peer ? [{ label: `${peer} ${argument}`, words: [peer, argument] }] : []),
  ]);
  const all = [{ label: 'empty Node program', words: [process.execPath, '-e', '0'] }, ...commands];
  const times = new Map(all.map(({ label }) => [label, []]));
  // Commands alternate, so that other load on the machine affects all of them alike. The first round warms the caches.
  for (let run = 0; run <= runs; run++) {
    for (const { label, words } of all) {
      const milliseconds = timed(words, env);
      if (run > 0) times.get(label).push(milliseconds);
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
