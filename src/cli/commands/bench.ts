import { humanBytes } from '../../base/human.ts';
import { benchFlags, readPlan } from '../bench/bench-plan.ts';
import { type BenchReport, runBench } from '../bench/bench-run.ts';
import { defineCommand } from '../command.ts';
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
  flags: { ...benchFlags, json: jsonFlag },
  completes: 'models',
  settings: 'client',
  needsServer: true,
  async run({ positionals: [model = ''], flags }, { client, stdout, stderr, environment }) {
    const plan = readPlan(flags);
    const spinner = new WaitSpinner(stderr, environment);
    const onStep = (text: string) => {
      if (spinner.isVisible) spinner.label = text;
      else stderr.write(`${text}\n`);
    };
    spinner.start();
    let report: BenchReport;
    try {
      report = await withInterrupt((signal) => runBench({ client, model, plan, signal, onStep }));
    } finally {
      spinner.stop();
    }
    if (flags.json === true)
      printJson({ ...toJson(report), tokens: plan.tokens, repeat: plan.repeat }, stdout);
    else stdout.write(toText(report));
    return 0;
  },
});

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
