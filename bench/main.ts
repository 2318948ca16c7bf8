/** Measures a server as its clients see it, alternating with other servers for the ratios. */
import { cpus, loadavg, totalmem } from 'node:os';
import { type BenchArguments, readArguments, usage } from './arguments.ts';
import { compare, row, type Sides } from './comparison.ts';
import { decodeRate } from './generation.ts';
import { runLlamaBench } from './llama-bench.ts';
import { SHORT_STORY, storyPrompt } from './prompts.ts';
import type { Scenario } from './scenario.ts';
import { chosenScenarios } from './scenario-table.ts';
import { detectServer } from './servers/detect.ts';
import { formatNumber, formatTable, type TableRow } from './table.ts';

const GIB = 1024 ** 3;
const DECODED_TOKENS = 128;
/** Load above which figures suffer: the threads wait for each other in every layer, so any competition slows them. */
const BUSY_LOAD_PER_CORE = 0.25;

/** Measures our single stream and the engine's own rate, alternating. */
async function compareWithEngine(sides: Sides, options: BenchArguments): Promise<TableRow[]> {
  const { llamaBench, gguf } = options;
  if (llamaBench === undefined || gguf === undefined) return [];
  const ours: (number | undefined)[] = [];
  const engine: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const request = { prompt: storyPrompt(SHORT_STORY), tokens: DECODED_TOKENS };
    ours.push(decodeRate(await sides.ours.generate(request)));
    engine.push(await runLlamaBench(llamaBench, gguf));
  }
  return [row({ title: 'one stream, decode tokens/s', better: 'higher' }, ours, [engine])];
}

/** Loads the model: the scenario before may have left another one in its place. */
async function warmUp({ ours, others }: Sides): Promise<void> {
  for (const server of [ours, ...others]) {
    await server.generate({ prompt: storyPrompt(SHORT_STORY), tokens: 16 });
  }
}

function report(rows: readonly TableRow[]): void {
  for (const { title, ours, others } of rows) {
    const values = [ours, ...others.map(({ value }) => value)].map(formatNumber);
    console.error(`  ${title}: ${values.join(' / ')}`);
  }
}

function warnWhenBusy(): void {
  const [load = 0] = loadavg();
  if (load < BUSY_LOAD_PER_CORE * cpus().length) return;
  console.error(
    `warning: the machine is busy (load ${load.toFixed(1)}), so the measured rates will be too low\n`,
  );
}

/** Rows of one table: those against other servers, or those of ours against itself. */
async function rowsOf(
  scenarios: readonly Scenario[],
  sides: Sides,
  rounds: number,
): Promise<{ against: TableRow[]; within: TableRow[] }> {
  const rows = { against: [] as TableRow[], within: [] as TableRow[] };
  for (const scenario of scenarios) {
    console.error(scenario.name);
    await warmUp(sides);
    const found = await compare(scenario, sides, rounds);
    report(found);
    (scenario.without ? rows.within : rows.against).push(...found);
  }
  return rows;
}

function printTable(title: string, rows: readonly TableRow[], labels: readonly string[]): void {
  if (rows.length === 0) return;
  console.log(`\n${title}\n\n${formatTable(rows, labels)}`);
}

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return;
  }
  warnWhenBusy();
  const { model, peer, base, basePid, pid, rounds } = options;
  const scenarios = chosenScenarios(options);
  const ours = await detectServer('ours', options.url, model, pid);
  const others = [
    ...(peer ? [await detectServer('peer', peer, model)] : []),
    ...(base ? [await detectServer('base', base, model, basePid)] : []),
  ];
  const sides: Sides = { ours, others };
  const { against, within } = await rowsOf(scenarios, sides, rounds);
  const engine = await compareWithEngine(sides, options);
  const [processor] = cpus();
  const about =
    `${model}, medians of ${rounds} rounds; ${cpus().length} cores (${processor?.model.trim()}), ` +
    `${(totalmem() / GIB).toFixed(0)} GiB; a ratio with + means that ours is ahead`;
  printTable(
    about,
    against,
    [ours, ...others].map(({ label }) => label),
  );
  printTable('Our server against itself', within, ['with', 'without']);
  printTable('Against llama-bench tg128', engine, ['ours', 'llama-bench']);
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
