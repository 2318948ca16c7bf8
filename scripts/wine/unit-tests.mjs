// `npm run test:windows`: the unit tests on Windows' Node under Wine. With names of files, these alone:
// `npm run test:windows -- src/store/blob-store.test.ts`.
import { readdirSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../setup.mjs';
import { killStarted, startUnderWine } from './start.mjs';
import { excludedFiles, windowsFolders } from './unit-test-files.mjs';
import { ensureWindows, missingForWindows } from './windows.mjs';
import { windowsPath } from './wine.mjs';

/** Several times what all of them take on a busy machine: a file that hangs must not keep everything waiting. */
const TIMEOUT_MS = 1_200_000;
/** Of a test: none of them has random input with many rounds. */
const TEST_TIMEOUT_MS = 60_000;
const POLL_MS = 200;

async function main() {
  const files = process.argv.slice(2).map((path) => path.replaceAll('\\', '/'));
  if (await isSkipped()) return;
  const { prefix, node, env } = await ensureWindows();
  const work = await mkdtemp(join(tmpdir(), 'wine-tests-'));
  const output = join(work, 'output');
  const { child, mark } = startUnderWine(prefix, [node, ...vitestArguments(files)], {
    env: { ...env, ...environment(), WINDOWS_TEMP: windowsPath(work) },
    cwd: root,
    output,
  });
  let status;
  child.on('exit', (code) => {
    status = code ?? 1;
  });
  process.once('SIGINT', () => {
    status ??= 130;
  });
  const deadline = Date.now() + TIMEOUT_MS;
  try {
    const file = await open(output);
    while (status === undefined && Date.now() < deadline) {
      await sleep(POLL_MS);
      await show(file);
    }
    await show(file);
    await file.close();
    if (status === undefined) console.error(`the tests have not ended within ${TIMEOUT_MS / 60_000} minutes`);
    process.exitCode = status ?? 1;
  } finally {
    killStarted(mark);
    await rm(work, { recursive: true, force: true });
  }
}

/** Whether this machine cannot run the tests. Continuous integration must skip nothing. */
async function isSkipped() {
  const missing = missingForWindows();
  if (missing.length === 0) return false;
  console.log(`skipped: the unit tests for Windows need ${missing.join(', ')}`);
  const isRequired = process.env.CI === 'true' || process.env.CI === '1';
  if (isRequired) process.exitCode = 1;
  const { TEST_REPORT } = process.env;
  const counts = { passed: 0, failed: 0, skipped: 1 };
  if (TEST_REPORT && !isRequired)
    await writeFile(TEST_REPORT, JSON.stringify({ counts, failures: [], files: [] }));
  return true;
}

function vitestArguments(files) {
  const report = process.env.TEST_REPORT ? [`--reporter=${fileOf('scripts/test/report-reporter.mjs')}`] : [];
  return [
    fileOf('node_modules/vitest/vitest.mjs'),
    'run',
    ...['--project', 'unit', '--project', 'unit-alone'],
    // Only in processes of their own do native libraries load reliably under Wine.
    '--pool=forks',
    `--testTimeout=${TEST_TIMEOUT_MS}`,
    '--reporter=default',
    ...report,
    ...(files.length > 0 ? files : chosenFiles()),
  ];
}

/** A project of vitest does not know what else is excluded, so that each file is named. */
function chosenFiles() {
  return windowsFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map((name) => folder + name)
      .filter((path) => path.endsWith('.test.ts') && !Object.hasOwn(excludedFiles, path)),
  );
}

function environment() {
  const { TEST_REPORT } = process.env;
  return {
    // More rounds of random input would find nothing that they do not find on Linux.
    TEST_SCALE: 'change',
    // There, a missing program of Linux is no mistake.
    CI: '',
    ...(TEST_REPORT && { TEST_REPORT: windowsPath(TEST_REPORT) }),
    ...(!process.stdout.isTTY && { NO_COLOR: '1' }),
  };
}

function fileOf(path) {
  return windowsPath(join(root, path));
}

/** Shows what a file has got since the last call. */
async function show(file) {
  for (;;) {
    const { bytesRead, buffer } = await file.read();
    if (bytesRead === 0) return;
    process.stdout.write(buffer.subarray(0, bytesRead));
  }
}

await main();
