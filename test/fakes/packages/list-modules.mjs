// Preloaded into a process: when it exits, writes which CommonJS files of packages it has loaded, also by import, into a
// folder that a variable names. The packages of OpenTelemetry are CommonJS.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pid } from 'node:process';

const folder = process.env.LISTED_MODULES_FOLDER;
const { cache } = createRequire(import.meta.url);
process.on('exit', () => {
  if (!folder) return;
  const files = Object.keys(cache).filter((file) => file.includes('node_modules'));
  writeFileSync(join(folder, `${pid}.json`), JSON.stringify(files));
});
