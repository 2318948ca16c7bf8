// On SIGUSR2, collects all garbage of a process and writes what is left to the file MEMORY_FILE, as JSON: the memory that
// is in use, instead of what the collector has not looked at yet.
// Usage: NODE_OPTIONS=--import=file://…/tell-memory.mjs
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', () => {
  // Finalizers of the first collection release what the second one frees.
  collect();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  const path = process.env.MEMORY_FILE;
  writeFileSync(`${path}.new`, JSON.stringify({ rss, used: heapUsed + external }));
  renameSync(`${path}.new`, path);
});
