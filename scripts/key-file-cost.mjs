// `node scripts/key-file-cost.mjs`: how long a key file with 10,000 keys holds up the server's thread: when it is read first, when a
// key is created first, and when another process has changed it. Figures are processor time between two turns of the event loop.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ensureBuild, ensureDependencies } from './setup.mjs';

const KEYS = 10_000;

await ensureDependencies();
await ensureBuild();
const { KeyFile } = await import('../dist/access/key-file.js');
const { createKey } = await import('../dist/access/key-changes.js');
const { encodeKeys } = await import('../dist/access/stored-keys.js');

const folder = await mkdtemp(join(tmpdir(), 'key-file-cost-'));
try {
  const file = new KeyFile(folder);
  await writeFile(file.path, encodeKeys(Array.from({ length: KEYS - 1 }, (_, number) => record(number))), {
    mode: 0o600,
  });
  const create = (records) => createKey(records, { name: 'new' }, Date.now());
  await report('first read', () => file.read());
  await report('first change', () => file.update(create));
  const text = await readFile(file.path, 'utf8');
  await writeFile(file.path, text.replace('"key 1"', '"key one"'));
  await report('read after a change by another process', () => file.read());
} finally {
  await rm(folder, { recursive: true });
}

function record(number) {
  const id = `key_${number.toString(16).padStart(16, '0')}`;
  const hash = number.toString(16).padStart(64, '0');
  const scopes = ['generate', 'read', 'tools'];
  return {
    id,
    name: `key ${number}`,
    hash,
    scopes,
    models: ['qwen*'],
    limits: { requestsPerMinute: 60 },
    maxPriority: 0,
  };
}

async function report(name, work) {
  let [isOver, longest, last] = [false, 0, threadTime()];
  const watching = (async () => {
    while (!isOver) {
      await nextTurn();
      const now = threadTime();
      longest = Math.max(longest, now - last);
      last = now;
    }
  })();
  await work();
  isOver = true;
  await watching;
  console.log(`${name}: ${longest.toFixed(1)} ms at a stretch`);
}

/** Milliseconds that this thread has spent on a processor: Linux counts them. */
function threadTime() {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}
