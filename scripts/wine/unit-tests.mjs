// `npm run test:windows`: the unit tests on Windows' Node under Wine. With names of files, these alone:
// `npm run test:windows -- src/store/blob-store.test.ts`.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../setup.mjs';
import { ensureWindowsPackages } from './packages.mjs';
import { killStarted, startUnderWine } from './start.mjs';
import { excludedFiles, windowsFolders } from './unit-test-files.mjs';
import { ensurePrefix, windowsPath } from './wine.mjs';

/** Several times what all of them take on a busy machine: a file that hangs must not keep everything waiting. */
const TIMEOUT_MS = 1_200_000;
const POLL_MS = 200;

async function main() {
  const files = process.argv.slice(2).map((path) => path.replaceAll('\\', '/'));
  const [prefix, { folder, node }] = await Promise.all([ensurePrefix(), ensureWindowsPackages()]);
  const work = await mkdtemp(join(tmpdir(), 'wine-tests-'));
  const output = join(work, 'output');
  const { child, mark } = startUnderWine(prefix, [node, ...vitestArguments(files)], {
    env: environment(folder),
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

function vitestArguments(files) {
  const report = process.env.TEST_REPORT ? [`--reporter=${fileOf('scripts/test/report-reporter.mjs')}`] : [];
  return [
    fileOf('node_modules/vitest/vitest.mjs'),
    'run',
    ...['--project', 'unit', '--project', 'unit-alone'],
    // Only in processes of their own do native libraries load reliably under Wine.
    '--pool=forks',
    '--reporter=default',
    ...report,
    ...(files.length > 0 ? files : windowsFolders),
    ...(files.length > 0 ? [] : Object.keys(excludedFiles).flatMap((path) => ['--exclude', path])),
  ];
}

function environment(packages) {
  const { TEST_REPORT } = process.env;
  return {
    NODE_PATH: windowsPath(packages),
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
