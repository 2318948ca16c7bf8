// `npm run soak [-- CYCLES]`: loads and unloads models repeatedly, and fails if memory, handles or files grow.
import { join } from 'node:path';
import { checkNodeVersion, ensureBuild, ensureDependencies, root, runNode, SetupError } from './setup.mjs';

const DEFAULT_CYCLES = 100;

async function main([cycles = String(DEFAULT_CYCLES)]) {
  if (!/^[1-9]\d*$/.test(cycles)) throw new SetupError(`"${cycles}" is not a valid number of cycles`);
  checkNodeVersion();
  await ensureDependencies();
  await ensureBuild();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return runNode([vitest, 'run', '--project', 'long', 'test/e2e/long/soak.test.ts'], {
    env: { ...process.env, SOAK_CYCLES: cycles },
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
