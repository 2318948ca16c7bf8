// Compiles src/ to dist/ and bundles the web page. With `--if-possible` it does nothing if the compiler is not installed (a production install); with
// `--no-check` it does not check types, for a caller that checks them anyway.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildPage } from './build-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;
if (!existsSync(compiler)) {
  if (process.argv.includes('--if-possible')) process.exit(0);
  console.error('the TypeScript compiler is missing: run "npm ci" first');
  process.exit(1);
}
rmSync(`${root}dist`, { recursive: true, force: true });
const options = process.argv.includes('--no-check') ? ['--noCheck'] : [];
const { status } = spawnSync(process.execPath, [compiler, '-p', `${root}tsconfig.json`, ...options], {
  stdio: 'inherit',
  cwd: root,
});
if (status !== 0) process.exit(status ?? 1);
if (options.length === 0) {
  const page = spawnSync(process.execPath, [compiler, '-p', `${root}tsconfig.ui.json`], {
    stdio: 'inherit',
    cwd: root,
  });
  if (page.status !== 0) process.exit(page.status ?? 1);
}
await buildPage();
