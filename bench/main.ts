/** Measures a server as its clients see it, alternating with a second server for the ratio. */
import { cpus, loadavg, totalmem } from 'node:os';
import { type BenchArguments, readArguments, usage } from './arguments.ts';
import { compare, row, type Sides } from './comparison.ts';
import { decodeRate } from './generation.ts';
import { runLlamaBench } from './llama-bench.ts';
import { SHORT_STORY, storyPrompt } from './prompts.ts';
import type { Scenario } from './scenario.ts';
import { cancelledSlot } from './scenarios/cancel.ts';
import { secondTurn, secondTurnAfterUnload, worstGapDuringPrefill } from './scenarios/interference.ts';
import { serverShare, waitingMemory } from './scenarios/load.ts';
import { cheapRequests, coldLoad, oneToken, residentMemory } from './scenarios/overhead.ts';
import { parallelStreams, prefill, repetitiveStream, singleStream } from './scenarios/streams.ts';
import { swap } from './scenarios/swap.ts';
import { detectServer } from './servers/detect.ts';
import { formatNumber, formatTable, type TableRow } from './table.ts';

const GIB = 1024 ** 3;
const DECODED_TOKENS = 128;
/** Load above which figures suffer: the threads wait for each other in every layer, so any competition slows them. */
const BUSY_LOAD_PER_CORE = 0.25;

/** Measures the memory of the server last, after all other work. */
function allScenarios({ url, pid, model }: BenchArguments): Scenario[] {
  return [
    singleStream,
    repetitiveStream,
    prefill,
    parallelStreams('four', 4),
    parallelStreams('eight', 8),
    worstGapDuringPrefill,
    secondTurn,
    secondTurnAfterUnload,
    coldLoad,
    oneToken,
    cheapRequests,
    cancelledSlot,
    swap(url, model),
    serverShare(url, pid),
    waitingMemory(url, pid),
    residentMemory(url, pid),
  ];
}

function chosenScenarios(options: BenchArguments): Scenario[] {
  const all = allScenarios(options);
  const names = all.map(({ name }) => name);
  const unknown = options.only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(`unknown scenario "${unknown}": the scenarios are ${names.join(', ')}`);
  }
  return all.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
}

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
  return [row('one stream, compared with llama-bench tg128, tokens/s', 'higher', ours, engine)];
}

function report(rows: readonly TableRow[]): void {
  for (const { title, ours, peer } of rows) {
    console.error(`  ${title}: ${formatNumber(ours)}${peer === undefined ? '' : ` / ${formatNumber(peer)}`}`);
  }
}

function warnWhenBusy(): void {
  const [load = 0] = loadavg();
  if (load < BUSY_LOAD_PER_CORE * cpus().length) return;
  console.error(
    `warning: the machine is busy (load ${load.toFixed(1)}), so the measured rates will be too low\n`,
  );
}

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return;
  }
  warnWhenBusy();
  const scenarios = chosenScenarios(options);
  const peer = options.peer ? await detectServer('peer', options.peer, options.model) : undefined;
  const sides: Sides = { ours: await detectServer('ours', options.url, options.model), peer };
  for (const server of [sides.ours, ...(peer ? [peer] : [])]) {
    await server.generate({ prompt: storyPrompt(SHORT_STORY), tokens: 16 });
  }
  const rows: TableRow[] = [];
  for (const scenario of scenarios) {
    console.error(scenario.name);
    const found = await compare(scenario, sides, options.rounds);
    report(found);
    rows.push(...found);
  }
  rows.push(...(await compareWithEngine(sides, options)));
  const [processor] = cpus();
  console.log(
    `\n${options.model}, medians of ${options.rounds} rounds; ${cpus().length} cores (${processor?.model.trim()}), ` +
      `${(totalmem() / GIB).toFixed(0)} GiB; a ratio with + means that ours is ahead\n`,
  );
  console.log(formatTable(rows, peer !== undefined || options.llamaBench !== undefined));
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
