// `npm test`: every check in order, from a clean clone. `node scripts/test.mjs unit` runs only the parts named.
// The last line of the output is always "N passed, N failed, N skipped".
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { checkNodeVersion, ensureDependencies, root, runNode, SetupError } from './setup.mjs';

const tool = (path, ...args) => ({ args: [join(root, 'node_modules', path), ...args] });
const results = join(root, 'node_modules/.cache/test-results');

const steps = {
  lint: tool('@biomejs/biome/bin/biome', 'check', '.'),
  types: tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json'),
  build: { args: [join(root, 'scripts/build.mjs')] },
  deadcode: tool('knip/bin/knip.js'),
  unit: vitest('unit'),
  wire: vitest('wire'),
  model: vitest('model'),
  long: vitest('long'),
};

function vitest(project) {
  const report = join(results, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return { ...tool('vitest/vitest.mjs', 'run', '--project', project, ...reporters), report };
}

/** Runs one step. @returns its counts; a failed step counts as at least one failure */
async function runStep(name) {
  const { args, report } = steps[name];
  if (report) await rm(report, { force: true });
  console.log(`\n── ${name}`);
  const started = performance.now();
  const status = await runNode(args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const counts = report ? await readCounts(report) : { passed: 0, failed: 0, skipped: 0 };
  console.log(`── ${name}: ${status === 0 ? 'ok' : `FAILED (exit ${status})`} in ${seconds} s`);
  return status === 0 ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}

async function readCounts(report) {
  try {
    const found = JSON.parse(await readFile(report, 'utf8'));
    return {
      passed: found.numPassedTests,
      failed: found.numFailedTests,
      skipped: found.numPendingTests + found.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function chosenSteps(names) {
  const unknown = names.find((name) => !(name in steps));
  if (unknown) {
    throw new SetupError(`there is no step "${unknown}"; the steps are ${Object.keys(steps).join(', ')}`);
  }
  return names.length > 0 ? names : Object.keys(steps);
}

async function main() {
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    const names = chosenSteps(process.argv.slice(2));
    checkNodeVersion();
    await ensureDependencies();
    await mkdir(results, { recursive: true });
    for (const name of names) {
      const counts = await runStep(name);
      for (const key of Object.keys(total)) total[key] += counts[key];
      if (counts.failed > 0) {
        console.log(`\nnpm test stopped at the step "${name}"`);
        break;
      }
    }
  } catch (error) {
    total.failed += 1;
    console.log(`\n${error instanceof SetupError ? error.message : error.stack}`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
