// `npm run bench:attack`: runs the tests of test/attack/ and prints, for each attack, the longest answer to
// GET /api/version that another process saw meanwhile, and the server's memory. Arguments choose files: fifo, body.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, root, runNode } from './setup.mjs';

/** The longest that anybody should wait for an answer because of another's request. */
const GOAL_MS = 250;

/** @returns the lines of the table */
function describe(reports) {
  const rows = reports.map(({ name, longestMs, peakMebibytes, startMebibytes }) => {
    const longest = `${Math.round(longestMs)}${longestMs > GOAL_MS ? ' (over)' : ''}`;
    return `| ${name} | ${longest} | ${Math.round(startMebibytes)} | ${Math.round(peakMebibytes)} |`;
  });
  return [
    '| attack | longest answer, ms | memory before, MiB | peak, MiB |',
    '|---|---:|---:|---:|',
    ...rows,
  ];
}

async function main(files) {
  await ensureDependencies();
  await ensureBuild();
  const folder = await mkdtemp(join(tmpdir(), 'ollama-attack-'));
  try {
    const path = join(folder, 'reports');
    const named = files.length > 0 ? files : ['test/attack'];
    const lanes = ['--project', 'attack', '--project', 'waiting'];
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...lanes, ...named];
    const env = { ...process.env, ATTACK_REPORT: path };
    const status = await runNode(vitest, { env });
    const lines = await readFile(path, 'utf8').catch(() => '');
    const reports = lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    console.log(`\n${describe(reports).join('\n')}`);
    return status;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
