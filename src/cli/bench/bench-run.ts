/** Measures the speed of a model through the HTTP API of the running server. */
import { performance } from 'node:perf_hooks';
import type { GenerateRequest, GenerateResponse } from '../../api/generate.ts';
import type { PsModel } from '../../api/ps.ts';
import { OllamaError } from '../../base/errors.ts';
import { NANOSECONDS_PER_SECOND } from '../../base/units.ts';
import type { OllamaClient } from '../../client/client.ts';
import { ModelName } from '../../names/model-name.ts';
import { unloadModel } from '../commands/unload.ts';
import { figuresOf, type StreamFigures, type StreamTimes } from './bench-figures.ts';
import type { BenchPlan } from './bench-plan.ts';
import { benchPrompt } from './bench-prompt.ts';

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

export interface BenchOptions {
  readonly client: OllamaClient;
  readonly model: string;
  readonly plan: BenchPlan;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

const MILLISECONDS_PER_SECOND = 1000;
/** Enough to find out how many tokens a word takes. */
const PROBE_WORDS = 200;
/** Tokens of context beyond prompt and answer, because a prompt may be slightly longer than estimated. */
const SPARE_CONTEXT = 64;

/** Every request computes its whole prompt and decodes one token per step, without speculation or an early end. */
const plainOptions = { temperature: 0, ignore_eos: true, draft_num_predict: 0 };

export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const { client, model, plan, onStep } = options;
  onStep(`unloading ${model}`);
  await unloadModel(client, model);
  onStep(`loading ${model}`);
  const context = await neededContext(options);
  const loadTime = await load(options, context);
  onStep('warming up');
  const wordsPerToken = await probe(options, context);
  const words = Math.max(1, Math.round(plan.promptTokens * wordsPerToken));
  const figures: StreamFigures[] = [];
  let promptTokens = 0;
  for (const streams of new Set([1, plan.parallel])) {
    const groups: StreamTimes[][] = [];
    for (let run = 1; run <= plan.repeat; run++) {
      onStep(`${streams} ${streams === 1 ? 'stream' : 'streams'}, run ${run} of ${plan.repeat}`);
      groups.push(await runTogether(options, { streams, words, context }));
    }
    promptTokens = groups[0]?.[0]?.promptTokens ?? 0;
    figures.push(figuresOf(groups));
  }
  return { model: await findLoaded(options), loadTime, promptTokens, figures };
}

/** Context length to request; undefined if the model's usual context is long enough. */
async function neededContext(options: BenchOptions): Promise<number | undefined> {
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

async function findLoaded({ client, model }: BenchOptions): Promise<PsModel> {
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

async function probe(options: BenchOptions, context: number | undefined): Promise<number> {
  const words = Math.min(PROBE_WORDS, options.plan.promptTokens);
  const request = createRequest(options, { words, context, tokens: 1 });
  const { promptTokens } = await runStream(options, request, performance.now());
  return promptTokens === 0 ? 1 : words / promptTokens;
}

function runTogether(
  options: BenchOptions,
  { streams, words, context }: { streams: number; words: number; context: number | undefined },
): Promise<StreamTimes[]> {
  const { tokens } = options.plan;
  const requests = Array.from({ length: streams }, () => createRequest(options, { words, context, tokens }));
  const start = performance.now();
  return Promise.all(requests.map((request) => runStream(options, request, start)));
}

function createRequest(
  { model }: BenchOptions,
  { words, context, tokens }: { words: number; context: number | undefined; tokens: number },
): GenerateRequest {
  const options = {
    ...plainOptions,
    num_predict: tokens,
    ...(context !== undefined && { num_ctx: context }),
  };
  const prompt = benchPrompt(words, Math.random);
  return { model, prompt, raw: true, truncate: false, verbose_metrics: true, options };
}

async function runStream(
  { client, signal }: BenchOptions,
  request: GenerateRequest,
  start: number,
): Promise<StreamTimes> {
  const elapsed = () => (performance.now() - start) / MILLISECONDS_PER_SECOND;
  let firstToken: number | undefined;
  let last: GenerateResponse | undefined;
  for await (const chunk of client.generate(request, signal)) {
    firstToken ??= elapsed();
    last = chunk;
  }
  if (firstToken === undefined || last?.done !== true) {
    throw new OllamaError('upstream', 'the server ended a stream before it was complete');
  }
  const { prompt_eval_count: prompt = 0, prompt_eval_cached: cached = 0, eval_count: tokens = 0 } = last;
  return {
    firstToken,
    end: elapsed(),
    promptTokens: prompt - cached,
    promptTime: (last.prompt_eval_duration ?? 0) / NANOSECONDS_PER_SECOND,
    tokens,
    time: (last.eval_duration ?? 0) / NANOSECONDS_PER_SECOND,
  };
}
