// `npm test`: every check of a change, from a clean clone. `npm run test:long` and `npm run test:nightly` (--run long,
// --run nightly) run what takes longer. `node scripts/test.mjs unit` runs only the steps named.
// The last line of the output is always "N passed, N failed, N skipped".
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { checkNodeVersion, ensureBuild, ensureDependencies, SetupError } from './setup.mjs';
import { noCounts, summaryLine, sumOf } from './test/counts.mjs';
import { runStep } from './test/run-step.mjs';
import { runs, steps } from './test/steps.mjs';

const SLOWEST_FILES = 10;

/** @returns the run that the command line names; with names of steps, these alone, one after the other */
function chosenRun() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { run: { type: 'string', default: 'change' } },
  });
  const run = Object.hasOwn(runs, values.run) ? runs[values.run] : undefined;
  if (!run)
    throw new SetupError(`there is no run "${values.run}"; there are ${Object.keys(runs).join(', ')}`);
  const unknown = positionals.find((name) => !Object.hasOwn(steps, name));
  if (unknown !== undefined) {
    throw new SetupError(`there is no step "${unknown}"; the steps are ${Object.keys(steps).join(', ')}`);
  }
  if (positionals.length === 0) return run;
  return { ...run, title: 'the run', groups: positionals.map((name) => [[name]]) };
}

/** Runs the steps of a chain until one fails. */
async function runChain(names, options) {
  const results = [];
  for (const name of names) {
    results.push(await runStep(name, steps[name], options));
    if (results.at(-1).counts.failed > 0) break;
  }
  return results;
}

/** Runs groups until one fails. @returns results of the steps that ran */
async function runGroups({ title, scale, groups }) {
  const results = [];
  let isBuilt = false;
  for (const chains of groups) {
    const names = chains.flat();
    if (!isBuilt && names.some((name) => steps[name].needsBuild)) await ensureBuild();
    const quiet = chains.length > 1;
    results.push(...(await Promise.all(chains.map((chain) => runChain(chain, { scale, quiet })))).flat());
    isBuilt ||= names.includes('build');
    const failed = results.filter(({ counts }) => counts.failed > 0);
    if (failed.length === 0) continue;
    console.log(`\n${title} stopped at the step ${failed.map(({ name }) => `"${name}"`).join(', ')}`);
    break;
  }
  return results;
}

function printTimes(results, seconds) {
  const files = results
    .flatMap((result) => result.files)
    .sort((left, right) => right.seconds - left.seconds)
    .slice(0, SLOWEST_FILES);
  const row = (time, name) => console.log(`${time.toFixed(1).padStart(8)} s  ${name}`);
  if (files.length > 0) console.log('\nSlowest files:');
  for (const file of files) row(file.seconds, file.path);
  console.log('\nSteps:');
  for (const result of results) row(result.seconds, result.name);
  row(seconds, 'in all');
}

async function main() {
  let total = noCounts();
  try {
    const run = chosenRun();
    checkNodeVersion();
    await ensureDependencies();
    const started = performance.now();
    const results = await runGroups(run);
    printTimes(results, (performance.now() - started) / 1000);
    total = sumOf(results.map(({ counts }) => counts));
  } catch (error) {
    total.failed += 1;
    console.log(`\n${error instanceof SetupError ? error.message : error.stack}`);
  }
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
