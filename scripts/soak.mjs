// `npm run soak [-- CYCLES]`: loads and unloads models repeatedly. `npm run soak -- --minutes 15`: a simulated day of mixed
// load. Both fail if memory, handles or files grow.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkNodeVersion, ensureBuild, ensureDependencies, root, runNode, SetupError } from './setup.mjs';

const DEFAULT_CYCLES = 100;

/** @returns the test and its environment */
function chosen(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { minutes: { type: 'string' } },
  });
  const { minutes } = values;
  const [cycles = String(DEFAULT_CYCLES)] = positionals;
  for (const count of [minutes ?? '1', cycles]) {
    if (!/^[1-9]\d*$/.test(count)) throw new SetupError(`"${count}" is not a whole number above 0`);
  }
  if (minutes === undefined) return { test: 'soak.test.ts', env: { SOAK_CYCLES: cycles } };
  return { test: 'soak-of-a-day.test.ts', env: { SOAK_MINUTES: minutes } };
}

async function main(args) {
  const { test, env } = chosen(args);
  checkNodeVersion();
  await ensureDependencies();
  await ensureBuild();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return runNode([vitest, 'run', '--project', 'long', `test/e2e/long/${test}`], {
    env: { ...process.env, ...env },
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
