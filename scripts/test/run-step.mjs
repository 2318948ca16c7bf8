import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { root } from '../setup.mjs';
import { noCounts } from './counts.mjs';

const reports = join(root, 'node_modules/.cache/test-results');

/**
 * Runs one step.
 * @param isBeside runs it beside a more urgent step: with a lower priority, so that it does not slow down that step, and
 * without showing its output before it has ended
 * @returns counts, in which a failed step counts as at least one failure; what failed, with its file and reason; seconds; and the
 * files with their seconds
 */
export async function runStep(name, { args, hasTests = false }, { scale, isBeside }) {
  const report = join(reports, `${name}.json`);
  if (hasTests) {
    await mkdir(reports, { recursive: true });
    await rm(report, { force: true });
  }
  if (!isBeside) console.log(`\n── ${name}`);
  const started = performance.now();
  const env = { ...process.env, TEST_SCALE: scale, TEST_REPORT: report };
  const { status, output } = await run(args, { env, isBeside });
  const seconds = (performance.now() - started) / 1000;
  if (isBeside) console.log(`\n── ${name}\n${output.trimEnd()}`);
  console.log(`── ${name}: ${status === 0 ? 'ok' : `FAILED (exit ${status})`} in ${seconds.toFixed(1)} s`);
  const { counts, failures, files } = hasTests ? await readReport(report) : nothing();
  const failed = status === 0 ? counts.failed : Math.max(1, counts.failed, failures.length);
  if (status !== 0 && failures.length === 0) failures.push({ name: `step ${name}`, reason: '' });
  return { name, seconds, files, failures, counts: { ...counts, failed } };
}

function run(args, { env, isBeside }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: isBeside ? 'pipe' : 'inherit' });
    // The processes that it starts inherit this.
    if (isBeside && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

/** A run that crashed has written none. */
async function readReport(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return nothing();
  }
}

function nothing() {
  return { counts: noCounts(), failures: [], files: [] };
}
