// `npm test`: every check of a change, from a clean clone. `npm run test:long` and `npm run test:nightly` (--run long,
// --run nightly) run what takes longer, and `npm run test:all` (--run all) both. `node scripts/test.mjs unit` runs only
// the steps named.
// A step that fails does not keep the others from running, except that a failed build stops what needs it.
// End-to-end tests that failed run once more, alone, when they are few: scripts/test/second-run.mjs says which and why.
// The last lines of the output are always the names of what failed, and "N passed, N failed, N skipped".
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { checkNodeVersion, ensureBuild, ensureDependencies, root, SetupError } from './setup.mjs';
import { noCounts, summaryLine, sumOf } from './test/counts.mjs';
import { findRandomTests } from './test/random-tests.mjs';
import { runStep } from './test/run-step.mjs';
import { filesToRepeat, forgive } from './test/second-run.mjs';
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
  return { ...run, groups: positionals.map((name) => [[name]]) };
}

/** @returns results of the steps that ran */
async function runChain(names, options) {
  const results = [];
  for (const name of names) results.push(await runStep(name, steps[name], options));
  return results;
}

/** @returns results of the steps that ran */
async function runGroups({ scale, groups }) {
  const results = [];
  for (const chains of groups) {
    const needing = chains.flat().filter((name) => steps[name].needsBuild);
    if (needing.length > 0 && !results.some(({ name }) => name === 'build')) results.push(await buildIfOld());
    const isBroken = results.some(({ name, counts }) => name === 'build' && counts.failed > 0);
    const stopped = isBroken ? needing : [];
    if (stopped.length > 0) console.log(`\n── ${stopped.join(', ')}: not run, because the build failed`);
    const ready = chains.map((chain) => chain.filter((name) => !stopped.includes(name)));
    const running = ready.map((chain, index) => runChain(chain, { scale, isBeside: index > 0 }));
    results.push(...(await Promise.all(running)).flat());
  }
  return results;
}

/** @returns the result of a step: building is one, also for a run that does not name it */
async function buildIfOld() {
  const started = performance.now();
  let failures = [];
  try {
    await ensureBuild();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    failures = [{ name: 'step build', reason: '' }];
  }
  const seconds = (performance.now() - started) / 1000;
  return { name: 'build', seconds, files: [], failures, counts: { ...noCounts(), failed: failures.length } };
}

/**
 * Runs files of end-to-end tests once more, alone, where few failed. Results of the first run lose what passes then.
 * @returns results of the further runs, without counts
 */
async function secondRuns(results, scale) {
  const further = [];
  for (const { result, files } of filesToRepeat(results, findRandomTests(root))) {
    console.log(`\n── ${result.name}: ${files.join(' ')} once more, alone`);
    const step = { ...steps[result.name], args: [...steps[result.name].args, ...files] };
    const again = await runStep(`${result.name}-again`, step, { scale, isBeside: false });
    for (const { name, reason } of forgive(result, again)) {
      console.log(`passed when it ran again alone: ${name}: at first ${reason}`);
    }
    further.push({ ...again, failures: [], counts: noCounts() });
  }
  return further;
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
  const failures = [];
  try {
    const run = chosenRun();
    checkNodeVersion();
    await ensureDependencies();
    const started = performance.now();
    const results = await runGroups(run);
    results.push(...(await secondRuns(results, run.scale)));
    printTimes(results, (performance.now() - started) / 1000);
    // With its step, because some files run in two of them.
    failures.push(
      ...results.flatMap(({ name: step, failures }) => failures.map((one) => ({ step, ...one }))),
    );
    total = sumOf(results.map(({ counts }) => counts));
  } catch (error) {
    total.failed += 1;
    console.log(`\n${error instanceof SetupError ? error.message : error.stack}`);
  }
  if (failures.length > 0) console.log('');
  for (const { step, name, reason } of failures) {
    console.log(`failed in ${step}: ${name}${reason && `: ${reason}`}`);
  }
  console.log(`\n${summaryLine(total)}`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
