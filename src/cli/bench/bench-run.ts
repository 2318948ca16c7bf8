/** Measures the speed of a model through the HTTP API of the running server. */
import type { PsModel } from '../../api/ps.ts';
import { OllamaError } from '../../base/errors.ts';
import { NANOSECONDS_PER_SECOND } from '../../base/units.ts';
import { ModelName } from '../../names/model-name.ts';
import { unloadModel } from '../commands/unload.ts';
import { figuresOf, type StreamFigures, type StreamTimes } from './bench-figures.ts';
import type { BenchPlan } from './bench-plan.ts';
import { type BenchTarget, probe, runTogether } from './bench-stream.ts';

export interface BenchReport {
  /** The model as the server reports it. */
  readonly model: PsModel;
  /** Seconds from the request to the loaded model. */
  readonly loadTime: number;
  /** Tokens per prompt, as counted by the model. */
  readonly promptTokens: number;
  /** Figures for one stream and, if there are several, for the parallel streams. */
  readonly figures: readonly StreamFigures[];
}

export interface BenchOptions extends BenchTarget {
  readonly plan: BenchPlan;
  readonly onStep: (text: string) => void;
}

/** Tokens of context beyond prompt and answer, because a prompt may be slightly longer than estimated. */
const SPARE_CONTEXT = 64;

export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { client, model, plan, onStep } = options;
  onStep(`unloading ${model}`);
  await unloadModel(client, model);
  onStep(`loading ${model}`);
  const context = await neededContext(options);
  const loadTime = await load(options, context);
  onStep('warming up');
  const wordsPerToken = await probe(options, plan.promptTokens, context);
  const words = Math.max(1, Math.round(plan.promptTokens * wordsPerToken));
  const figures: StreamFigures[] = [];
  let promptTokens = 0;
  for (const streams of new Set([1, plan.parallel])) {
    const groups: StreamTimes[][] = [];
    for (let run = 1; run <= plan.repeat; run++) {
      onStep(`${streams} ${streams === 1 ? 'stream' : 'streams'}, run ${run} of ${plan.repeat}`);
      groups.push(await runTogether(options, { streams, words, context, tokens: plan.tokens }));
    }
    promptTokens = groups[0]?.[0]?.promptTokens ?? 0;
    figures.push(figuresOf(groups));
  }
  return { model: await findLoaded(options), loadTime, promptTokens, figures };
}

/** Context length to request; undefined if the model's usual context is long enough. */
export async function neededContext(options: BenchOptions): Promise<number | undefined> {
  const { client, model, signal, plan } = options;
  const needed = plan.promptTokens + plan.tokens + SPARE_CONTEXT;
  // Loads the model once before measuring, so that its file is in the system's cache in any case.
  for await (const _ of client.load({ model }, signal)) {
    // Wait until the model is loaded.
  }
  const { context_length: usual } = await findLoaded(options);
  await unloadModel(client, model);
  return usual < needed ? needed : undefined;
}

async function load({ client, model, signal }: BenchOptions, context: number | undefined): Promise<number> {
  let nanoseconds: number | undefined;
  const request = { model, ...(context !== undefined && { options: { num_ctx: context } }) };
  for await (const progress of client.load(request, signal)) nanoseconds = progress.total_duration;
  return (nanoseconds ?? 0) / NANOSECONDS_PER_SECOND;
}

export async function findLoaded({ client, model }: BenchTarget): Promise<PsModel> {
  const { models } = await client.ps();
  const name = ModelName.tryParse(model);
  const found = models.find((loaded) => {
    const other = ModelName.tryParse(loaded.name);
    return name !== undefined && other?.equals(name);
  });
  // The name may be an alias, but the server reports the model's own name.
  const only = models.length === 1 ? models[0] : undefined;
  if (found ?? only) return (found ?? only) as PsModel;
  throw new OllamaError(
    'upstream',
    `"${model}" was unloaded during the measurement: check that there is enough memory, and that nobody else uses the server`,
  );
}
