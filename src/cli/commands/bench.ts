import { OllamaError } from '../../base/errors.ts';
import { humanBytes } from '../../base/human.ts';
import { type BenchPlan, benchFlags, readPlan } from '../bench/bench-plan.ts';
import { type BenchOptions, type BenchReport, runBench } from '../bench/bench-run.ts';
import { readTypes, runTypeBench, type TypeBenchReport } from '../bench/type-bench.ts';
import { typeBenchJson, typeBenchText } from '../bench/type-bench-text.ts';
import { type CommandContext, defineCommand, textFlag } from '../command.ts';
import { jsonFlag, printJson } from '../output/json-flag.ts';
import { renderTable } from '../output/table.ts';
import { WaitSpinner } from '../output/wait-spinner.ts';
import { withInterrupt } from '../repl/interrupt.ts';
import { processorText } from './ps.ts';

export const benchCommand = defineCommand({
  name: 'bench',
  usage: 'bench MODEL',
  summary: 'Reload a model and measure its speed on this machine',
  arity: { min: 1, max: 1 },
  flags: {
    ...benchFlags,
    types: {
      type: 'string',
      placeholder: 'list',
      help: 'Compare types of weights on temporary copies of the model (for example q4_0,q4_K_M,q8_0)',
    },
    json: jsonFlag,
  },
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, context) {
    const plan = readPlan(flags);
    const { stdout, client } = context;
    const given = textFlag(flags, 'types');
    if (given !== undefined) {
      const types = readTypes(given);
      if (textFlag(flags, 'parallel') !== undefined)
        throw new OllamaError('invalid-request', '--parallel cannot be combined with --types');
      const report = await withSteps(context, (steps, onNote) =>
        runTypeBench({ client, model, plan, ...steps }, types, onNote),
      );
      if (flags.json === true) printJson(toTypesJson(report, plan), stdout);
      else stdout.write(typeBenchText(report));
      return 0;
    }
    const report = await withSteps(context, (steps) => runBench({ client, model, plan, ...steps }));
    if (flags.json === true)
      printJson({ ...toJson(report), tokens: plan.tokens, repeat: plan.repeat }, stdout);
    else stdout.write(toText(report));
    return 0;
  },
});

/** Runs a benchmark with a spinner that shows its step. Ctrl-C ends it; what it has created is removed first. */
async function withSteps<T>(
  { stderr, environment }: CommandContext,
  run: (steps: Pick<BenchOptions, 'signal' | 'onStep'>, onNote: (text: string) => void) => Promise<T>,
): Promise<T> {
  const spinner = new WaitSpinner(stderr, environment);
  const notes: string[] = [];
  const onStep = (text: string) => {
    if (spinner.isVisible) spinner.label = text;
    else stderr.write(`${text}\n`);
  };
  spinner.start();
  try {
    return await withInterrupt((signal) => run({ signal, onStep }, (text) => notes.push(text)));
  } finally {
    spinner.stop();
    for (const note of new Set(notes)) stderr.write(`${note}\n`);
  }
}

function toTypesJson(report: TypeBenchReport, { tokens, repeat }: BenchPlan) {
  return { ...typeBenchJson(report), tokens, repeat };
}

function toText({ model, loadTime, promptTokens, figures }: BenchReport): string {
  const facts = [
    model.name,
    humanBytes(model.size),
    processorText(model),
    String(model.context_length),
    secondsText(loadTime),
  ];
  const rows = figures.map(({ streams, firstToken, prefill, decode, decodeTotal }) => [
    String(streams),
    secondsText(firstToken),
    rateText(prefill),
    rateText(decode),
    rateText(decodeTotal),
  ]);
  return [
    renderTable(['NAME', 'MEMORY', 'PROCESSOR', 'CONTEXT', 'LOAD'], [facts]),
    '\n',
    renderTable(['STREAMS', 'FIRST TOKEN', 'PREFILL', 'DECODE EACH', 'DECODE ALL'], rows),
    `\nPrompts have ${promptTokens} tokens. Rates are tokens per second. All figures are medians.\n`,
  ].join('');
}

function secondsText(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}

function rateText(rate: number): string {
  return rate.toFixed(1);
}

/** Seconds and tokens per second, unrounded. */
function toJson({ model, loadTime, promptTokens, figures }: BenchReport) {
  return {
    model: model.name,
    size: model.size,
    size_vram: model.size_vram,
    context_length: model.context_length,
    load_seconds: loadTime,
    prompt_tokens: promptTokens,
    runs: figures.map(({ streams, firstToken, prefill, decode, decodeTotal }) => ({
      streams,
      first_token_seconds: firstToken,
      prefill_tokens_per_second: prefill,
      decode_tokens_per_second: decode,
      total_decode_tokens_per_second: decodeTotal,
    })),
  };
}
